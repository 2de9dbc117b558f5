# Sourced by the ensure_* scripts.

# The last word is left to the end of the test run, which lists every skipped test.
say_loudly() {
    printf '\n########################################################################\n' >&2
    printf '## %s\n' "$@" >&2
    printf '########################################################################\n\n' >&2
}

# install_on_debian PACKAGE...: quietly nothing elsewhere, or where we may not install.
install_on_debian() {
    [ -e /etc/debian_version ] && command -v apt-get >/dev/null || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 0
        as_root=(sudo -n)
    fi
    echo "Installing for the tests: $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update </dev/null &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq install -y --no-install-recommends "$@" </dev/null >/dev/null ||
        echo "apt-get could not install: $*" >&2
}
