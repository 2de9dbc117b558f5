"""Floor 1: rows and repositories. No select begins without a viewer."""
