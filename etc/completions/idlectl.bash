# bash completion for idlectl(1)                                         -*- shell-script -*-
#
# Needs nothing but bash. What the daemon says of sessions is compared as text and never handed
# to compgen -W, which would expand it.

# The command on the line, if there is one yet: the first word that is no option and no option's
# value.
_idlectl_command() {
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --socket)
                [[ ${COMP_WORDS[i + 1]-} == "=" ]] && ((i++))
                ((i++))
                ;;
            -*) ;;
            *)
                printf '%s' "${COMP_WORDS[i]}"
                return
                ;;
        esac
    done
}

# Adds those of the words that begin with what is typed.
_idlectl_add() {
    local word
    for word in "$@"; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

# Adds what the sessions have: "id", "user" or "terminal". Asks the daemon that the line names.
_idlectl_add_from_sessions() {
    local -a where=()
    local i id user state terminal what word
    for ((i = 1; i < COMP_CWORD - 1; i++)); do
        [[ ${COMP_WORDS[i]} == --socket ]] || continue
        [[ ${COMP_WORDS[i + 1]} == "=" ]] && ((i++))
        where=(--socket "${COMP_WORDS[i + 1]-}")
    done
    local -A seen=()
    # shellcheck disable=SC2034  # they are read by their names
    while IFS=$'\t' read -r id user state terminal; do
        for what in "$@"; do
            word=${!what}
            # What is offered is put on the line as it is: nothing there may mean anything to bash.
            [[ -z $word || $word == - || $word == *[!a-zA-Z0-9_./:@%+-]* ]] && continue
            [[ -n ${seen[$word]-} ]] && continue
            seen[$word]=1
            _idlectl_add "$word"
        done
    done < <(idlectl "${where[@]}" list --for-completion 2>/dev/null)
}

_idlectl_add_files() {
    compopt -o filenames
    local file
    while IFS= read -r file; do
        COMPREPLY+=("$file")
    done < <(compgen -f -- "$cur")
}

_idlectl_add_users() {
    local user
    while IFS= read -r user; do
        COMPREPLY+=("$user")
    done < <(compgen -u -- "$cur")
}

# Adds words to a list of some, with commas between.
_idlectl_add_to_list() {
    local before="" word
    [[ $cur == *,* ]] && before=${cur%,*},
    for word; do
        [[ ,$before == *,$word,* ]] || _idlectl_add "$before$word"
    done
}

_idlectl_add_kinds() {
    if [[ $command == events ]]; then
        _idlectl_add_to_list started stopped policy-loaded policy-refused opened adopted restored refused closed \
            warned warning-undelivered cancelled waiting forged held hold-over would-warn would-cancel would-wait \
            would-log-out kick-requested logout signalled ended stuck trouble
    else
        _idlectl_add terminal console no-terminal graphical
    fi
}

# The value of the option before. Fails if it takes none.
_idlectl_value() {
    case $1 in
        --user) _idlectl_add_from_sessions user ;;
        --session) _idlectl_add_from_sessions id ;;
        --terminal) _idlectl_add_from_sessions terminal ;;
        --state) _idlectl_add_to_list active warned held waiting ending exempt ;;
        --sort) _idlectl_add logout idle user session ;;
        --color) _idlectl_add auto always never ;;
        --kind) _idlectl_add_kinds ;;
        --since | --until) _idlectl_add 1h 1d 7d 30d today yesterday ;;
        --service) _idlectl_add sshd login ;;
        --idle-over | --in | --for) _idlectl_add 1m 5m 15m 30m 1h 2h ;;
        --socket | --policy | --file | -o | --output | --root) _idlectl_add_files ;;
        -m | --message | --why | --at) ;;
        *) return 1 ;;
    esac
    return 0
}

_idlectl_options() {
    case $1 in
        list) _idlectl_add --user --idle-over --state --sort --json --watch --color ;;
        kick) _idlectl_add --message --in --no-wait --user ;;
        hold) _idlectl_add --for --why --end ;;
        explain) _idlectl_add --session --service --terminal --kind --at --policy --json ;;
        status) _idlectl_add --json ;;
        events) _idlectl_add --follow --json --since --user --kind --file ;;
        doctor) _idlectl_add --json --root ;;
        metrics) _idlectl_add --prometheus --output ;;
        report) _idlectl_add --since --until --json --file ;;
        "") _idlectl_add --version ;;
    esac
    _idlectl_add --help --socket
}

_idlectl() {
    COMPREPLY=()
    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command
    # --option=value comes as three words.
    if [[ $cur == "=" ]]; then
        cur=""
    elif [[ $before == "=" ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    command=$(_idlectl_command)
    _idlectl_value "$before" && return
    if [[ $cur == -* ]]; then
        _idlectl_options "$command"
        return
    fi
    case $command in
        "") _idlectl_add list kick hold events explain check reload status doctor metrics report ;;
        kick | hold) _idlectl_add_from_sessions id terminal ;;
        explain)
            _idlectl_add_from_sessions id terminal
            _idlectl_add_users
            ;;
        check) _idlectl_add_files ;;
    esac
}

complete -F _idlectl idlectl
