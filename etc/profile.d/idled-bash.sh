# TMOUT in bash, where pam_idled.so has not said what it is to be (/etc/profile.d/idled-bash.sh)
#
# What TMOUT is for, and how to change it, is told in idled.sh beside this file. That one would do for bash too;
# this one is for compliance scanners: those for Red Hat look for the declare line, and CIS's takes a file in
# which it finds more than one number to have none. In whatever order the two are read, the first one counts.
# A package that is removed leaves this file behind: then it does nothing.

if [ -n "${BASH_VERSION-}" ] && [ -z "${IDLED_TMOUT-}${TMUX-}${STY-}" ] &&
    { [ -e /usr/sbin/idled ] || [ -e /usr/bin/idled ] || [ -e /usr/local/sbin/idled ]; }; then
    case $- in
    *i*)
        case "$(readonly -p) " in
        *' TMOUT'[!A-Za-z0-9_]*) ;; # readonly already
        *)
            # In a function, declare makes a local variable: then it is left to idled.sh.
            if [ -z "${FUNCNAME-}" ]; then
                declare -xr TMOUT=300
                # The same once more, for scanners that know these words only.
                readonly TMOUT
                export TMOUT
            fi
            ;;
        esac
        ;;
    esac
fi
