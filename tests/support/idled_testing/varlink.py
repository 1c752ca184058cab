"""A client that knows Varlink and nothing of idled: it learns the interface from the service.

What it is answered it holds against the interface: a field that is not declared, is missing or of another type is an
error. Source: https://varlink.org/Interface-Definition
"""

import json
import re
import socket


class Refused(Exception):
    """A Varlink error: its name, and its parameters."""

    def __init__(self, name, parameters):
        super().__init__(f"{name} {parameters}")
        self.name, self.parameters = name, parameters


class Interface:
    def __init__(self, text):
        text = re.sub(r"#[^\n]*", "", text)
        self._tokens = re.findall(r"->|\[\]|\[string\]|[\w.]+|[^\s\w]", text)
        self.types, self.methods, self.errors = {}, {}, {}
        self._expect("interface")
        self.name = self._take()
        while self._tokens:
            keyword, name = self._take(), self._take()
            if keyword == "type":
                self.types[name] = self._type()
            elif keyword == "error":
                self.errors[name] = self._type()
            elif keyword == "method":
                inputs = self._type()
                self._expect("->")
                self.methods[name] = inputs, self._type()
            else:
                raise ValueError(f"{keyword} is no member of an interface")

    def _take(self):
        return self._tokens.pop(0)

    def _expect(self, token):
        found = self._take()
        if found != token:
            raise ValueError(f"{found} where {token} belongs")

    def _type(self):
        token = self._take()
        if token in ("?", "[]"):
            return (token, self._type())
        if token != "(":
            return token
        fields = {}
        while self._tokens[0] != ")":
            name = self._take()
            self._expect(":")
            fields[name] = self._type()
            if self._tokens[0] == ",":
                self._take()
        self._take()
        return fields

    def check(self, value, kind, where):
        """Raises AssertionError where a value is not of its type."""
        simple = {"string": str, "int": int, "bool": bool, "float": (int, float)}
        if isinstance(kind, dict):
            assert isinstance(value, dict), f"{where} is {value!r}"
            assert set(value) <= set(kind), f"{where} has {set(value) - set(kind)}, not declared"
            for name, inner in kind.items():
                self.check(value.get(name), inner, f"{where}.{name}")
        elif kind[0] == "?":
            assert value is None or self.check(value, kind[1], where) is None
        elif kind[0] == "[]":
            assert isinstance(value, list), f"{where} is {value!r}"
            for number, each in enumerate(value):
                self.check(each, kind[1], f"{where}[{number}]")
        elif kind in simple:
            assert isinstance(value, simple[kind]) and (kind == "bool") == isinstance(value, bool), f"{where} is {value!r}"
        else:
            self.check(value, self.types[kind], where)


class Client:
    def __init__(self, path, timeout=20):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._read = b""
        self._interfaces = {}

    def close(self):
        self._socket.close()

    def interface(self, name):
        if name not in self._interfaces:
            self.send("org.varlink.service.GetInterfaceDescription", interface=name)
            self._interfaces[name] = Interface(self._next()["parameters"]["description"])
        return self._interfaces[name]

    def send(self, method, more=False, **parameters):
        call = {"method": method, "parameters": parameters} | ({"more": True} if more else {})
        self._socket.sendall(json.dumps(call).encode() + b"\0")

    def _next(self):
        while b"\0" not in self._read:
            got = self._socket.recv(65536)
            if not got:
                raise ConnectionError(f"closed after {self._read!r}")
            self._read += got
        message, self._read = self._read.split(b"\0", 1)
        return json.loads(message)

    def replies(self, method, **parameters):
        """Each reply to a call that takes several, as it comes."""
        name, member = method.rsplit(".", 1)
        interface = self.interface(name)
        self.send(method, more=True, **parameters)
        while True:
            reply = self._next()
            yield self._checked(interface, member, reply)
            if not reply.get("continues"):
                return

    def call(self, method, **parameters):
        name, member = method.rsplit(".", 1)
        interface = self.interface(name)
        self.send(method, **parameters)
        return self._checked(interface, member, self._next())

    def _checked(self, interface, member, reply):
        parameters = reply.get("parameters", {})
        if error := reply.get("error"):
            of, name = error.rsplit(".", 1)
            declared = interface if of == interface.name else self.interface(of)
            declared.check(parameters, declared.errors[name], error)
            raise Refused(error, parameters)
        if member in interface.methods:
            interface.check(parameters, interface.methods[member][1], member)
        return parameters
