# TMOUT, zsh's own idle timeout (/etc/zsh/idled.zsh)
#
# zsh does not read /etc/profile.d. This file lets it read the one file there that sets TMOUT; what it does, and
# how to change it, is told there. Debian's zsh has no folder for files like this one, and its /etc/zsh/zprofile, which
# login shells read, is the administrator's and no package's to change. This line in it does:
#
#   [[ ! -r /etc/zsh/idled.zsh ]] || source /etc/zsh/idled.zsh
#
# Where /etc/zsh/zprofile reads all of /etc/profile, as on Arch Linux and Fedora, neither is needed, nor does it hurt.

[[ ! -r /etc/profile.d/idled.sh ]] || emulate sh -c 'source /etc/profile.d/idled.sh'
