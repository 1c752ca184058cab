# autologout, tcsh's own idle timeout (/etc/csh/login.d/idled.csh)
#
# The twin of /etc/profile.d/idled.sh, which tells what this is for and how to change it. autologout is in minutes;
# seconds are rounded up, so that the shell never ends earlier than they say. It is a variable of the shell, not
# of the environment: ",export" in IDLED_TMOUT makes no difference here.

# A C shell other than tcsh has no autologout. tmux and screen: see there. A package that is removed leaves this
# file behind: then it does nothing.
if ( $?tcsh && $?prompt && ! $?TMUX && ! $?STY && ( -e /usr/sbin/idled || -e /usr/bin/idled || -e /usr/local/sbin/idled ) ) then
    # Tried in a subshell: it is readonly if this file is read a second time, or if another file made it so.
    ( set autologout = 1 ) >& /dev/null
    if ( $status == 0 ) then
        set _idled = 300
        if ( $?IDLED_TMOUT ) then
            set _idled = "$IDLED_TMOUT:q"
            if ( "$_idled:q" =~ *,export ) set _idled = "$_idled:s/,export//:q"
            if ( "$_idled:q" =~ 0* || "$_idled:q" =~ *[^0-9]* || "$_idled:q" =~ ??????????* ) set _idled = 300
            if ( "$_idled:q" == "" ) set _idled = 300
            if ( "$IDLED_TMOUT:q" == off ) set _idled = 0
        endif
        if ( $_idled > 0 ) then
            @ _idled = ( $_idled + 59 ) / 60
            set -r autologout = $_idled
        endif
        unset _idled
    endif
endif
