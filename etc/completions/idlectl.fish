# fish completion for idlectl(1)

# The command on the line: the first word that is no option and no value of one.
function __idlectl_command
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case --socket
                set -e words[1]
            case '-*'
            case '*'
                echo $words[1]
                return
        end
        set -e words[1]
    end
end

function __idlectl_is
    set -l command (__idlectl_command)
    set -q command[1]; and contains -- $command $argv
end

function __idlectl_is_none
    set -l command (__idlectl_command)
    not set -q command[1]
end

# What the sessions have: id, user or terminal, each with what tells it from others.
function __idlectl_sessions
    set -l words (commandline -opc)
    set -l where
    if set -l at (contains -i -- --socket $words)
        set where --socket $words[(math $at + 1)]
    end
    command idlectl $where list --for-completion 2>/dev/null | while read -l -d \t id user state terminal
        for what in $argv
            switch $what
                case id
                    printf '%s\t%s\n' $id "$user, $state"
                case user
                    test $user != -; and echo $user
                case terminal
                    test $terminal != -; and printf '%s\t%s\n' $terminal "$user, $state, session $id"
            end
        end
    end | sort -u
end

complete -c idlectl -f
complete -c idlectl -s h -l help -d 'print help'
complete -c idlectl -l socket -r -F -d 'the socket of the daemon'
complete -c idlectl -n __idlectl_is_none -l version -d 'print the version'

complete -c idlectl -n __idlectl_is_none -a list -d 'list the sessions, those that end soonest first'
complete -c idlectl -n __idlectl_is_none -a kick -d 'log sessions out'
complete -c idlectl -n __idlectl_is_none -a hold -d 'keep sessions from being logged out for a while'
complete -c idlectl -n __idlectl_is_none -a events -d 'tell what has happened'
complete -c idlectl -n __idlectl_is_none -a explain -d 'tell which rule gives what, and why'
complete -c idlectl -n __idlectl_is_none -a check -d 'check a policy'
complete -c idlectl -n __idlectl_is_none -a reload -d 'have the daemon read its policy anew'
complete -c idlectl -n __idlectl_is_none -a status -d 'tell how the daemon is'
complete -c idlectl -n __idlectl_is_none -a doctor -d 'say what is wrong with this machine'
complete -c idlectl -n __idlectl_is_none -a metrics -d 'print the numbers of the daemon'
complete -c idlectl -n __idlectl_is_none -a report -d 'add up who was logged out'

set -l durations '1m 5m 15m 30m 1h 2h'

complete -c idlectl -n '__idlectl_is list kick events' -l user -x -a '(__idlectl_sessions user)' -d 'the sessions of this user'
complete -c idlectl -n '__idlectl_is list' -l idle-over -x -a $durations -d 'only those idle for longer'
complete -c idlectl -n '__idlectl_is list' -l state -x -d 'only those in these states' \
    -a '(__fish_append , active warned held waiting ending exempt)'
complete -c idlectl -n '__idlectl_is list' -l sort -x -k -a 'logout idle user session' -d 'the order'
complete -c idlectl -n '__idlectl_is list' -l watch -d 'show them live'
complete -c idlectl -n '__idlectl_is list' -l color -x -a 'auto always never' -d 'whether to colour'

complete -c idlectl -n '__idlectl_is kick hold' -a '(__idlectl_sessions id terminal)'
complete -c idlectl -n '__idlectl_is kick' -s m -l message -x -d 'a line for the user to read'
complete -c idlectl -n '__idlectl_is kick' -l in -x -a $durations -d 'log out after this time'
complete -c idlectl -n '__idlectl_is kick' -l no-wait -d 'do not wait until they are gone'

complete -c idlectl -n '__idlectl_is hold' -l for -x -a $durations -d 'how long from now'
complete -c idlectl -n '__idlectl_is hold' -l why -x -d 'the reason'
complete -c idlectl -n '__idlectl_is hold' -l end -d 'end the hold that there is'

complete -c idlectl -n '__idlectl_is explain' -a '(__idlectl_sessions id terminal; __fish_complete_users)'
complete -c idlectl -n '__idlectl_is explain' -l session -x -a '(__idlectl_sessions id)' -d 'the id of a session'
complete -c idlectl -n '__idlectl_is explain' -l service -x -a 'sshd login' -d 'the PAM service'
complete -c idlectl -n '__idlectl_is explain' -l terminal -x -a '(__idlectl_sessions terminal)' -d 'the terminal'
complete -c idlectl -n '__idlectl_is explain' -l kind -x -a 'terminal console no-terminal graphical' -d 'the kind of login'
complete -c idlectl -n '__idlectl_is explain' -l at -x -d 'the time'
complete -c idlectl -n '__idlectl_is explain' -l policy -r -F -d 'the policy of this file alone'

complete -c idlectl -n '__idlectl_is list explain status events report doctor' -l json -d 'print JSON, for scripts'
complete -c idlectl -n '__idlectl_is events' -s f -l follow -d 'and what happens, as it comes'
complete -c idlectl -n '__idlectl_is events' -l kind -x -d 'only these kinds' \
    -a '(__fish_append , started stopped policy-loaded policy-refused opened adopted restored refused closed warned warning-undelivered cancelled waiting forged held hold-over would-warn would-cancel would-wait would-log-out kick-requested logout signalled ended stuck trouble)'
complete -c idlectl -n '__idlectl_is events report' -l since -x -a '1h 1d 7d 30d today yesterday' -d 'from then on'
complete -c idlectl -n '__idlectl_is report' -l until -x -a '1h 1d 7d 30d today yesterday' -d 'until then'
complete -c idlectl -n '__idlectl_is events report' -l file -r -F -d 'a file of the journal'

complete -c idlectl -n '__idlectl_is doctor' -l root -r -F -d 'of the machine in this folder'

complete -c idlectl -n '__idlectl_is metrics' -l prometheus -d 'in the text format of Prometheus'
complete -c idlectl -n '__idlectl_is metrics' -s o -l output -r -F -d 'into this file'

complete -c idlectl -n '__idlectl_is check' -F
