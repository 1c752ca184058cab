"""Opens a PAM session, says "open", and closes it when a line comes: what greeters and user managers do with PAM.

    pam_holder.py SERVICE USER [TTY]
"""

import ctypes
import sys

PAM_TTY = 3  # security/_pam_types.h
SUCCESS = 0
NO_ONE_IS_ASKED = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(
    lambda *_: 19)  # PAM_CONV_ERR


class Conversation(ctypes.Structure):
    _fields_ = [("converse", type(NO_ONE_IS_ASKED)), ("data", ctypes.c_void_p)]


def main() -> int:
    service, user, tty = (*sys.argv[1:], "")[:3]
    pam, handle = ctypes.CDLL("libpam.so.0"), ctypes.c_void_p()
    conversation = Conversation(NO_ONE_IS_ASKED, None)

    def call(name, *arguments):
        if (status := getattr(pam, name)(*arguments)) != SUCCESS:
            sys.exit(f"{name}: status {status}")

    call("pam_start", service.encode(), user.encode(), ctypes.byref(conversation), ctypes.byref(handle))
    if tty:
        call("pam_set_item", handle, PAM_TTY, ctypes.c_char_p(tty.encode()))
    call("pam_open_session", handle, 0)
    print("open", flush=True)
    sys.stdin.readline()
    call("pam_close_session", handle, 0)
    call("pam_end", handle, SUCCESS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
