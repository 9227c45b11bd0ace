"""SSH signatures by keys that are files of ssh-keygen's, without starting it
for each where libsodium is at hand."""

import base64
import ctypes
import hashlib
import subprocess

try:
    SODIUM = ctypes.CDLL("libsodium.so.23")
except OSError:
    SODIUM = None

SECRETS = {}
# No cipher, no key derivation and its options, one key.
NONE = 2 * b"\0\0\0\4none" + b"\0\0\0\0" + b"\0\0\0\1"


def string(data):
    return len(data).to_bytes(4, "big") + data


def strings(data):
    while data:
        n = 4 + int.from_bytes(data[:4], "big")
        yield data[4:n]
        data = data[n:]


def secret_of(path):
    """Of an Ed25519 key that is not locked, as libsodium has it."""
    if path not in SECRETS:
        with open(path, encoding="ascii") as f:
            blob = base64.b64decode("".join(f.read().split("\n")[1:-2]))
        body = blob[len("openssh-key-v1\0"):]
        _, inside = list(strings(body[len(NONE):]))
        SECRETS[path] = list(strings(inside[8:]))[2]
    return SECRETS[path]


def natively(path, data):
    secret, sig = secret_of(path), ctypes.create_string_buffer(64)
    kind = b"ssh-ed25519"
    body = string(b"git") + string(b"") + string(b"sha512")
    whole = b"SSHSIG" + body + string(hashlib.sha512(data).digest())
    SODIUM.crypto_sign_detached(sig, None, whole,
                                ctypes.c_ulonglong(len(whole)), secret)
    blob = b"SSHSIG" + (1).to_bytes(4, "big") + string(
        string(kind) + string(secret[32:])) + body + string(
            string(kind) + string(sig.raw))
    text = base64.b64encode(blob)
    return b"\n".join([b"-----BEGIN SSH SIGNATURE-----"] + [
        text[i:i + 70] for i in range(0, len(text), 70)
    ] + [b"-----END SSH SIGNATURE-----"])


def armor(path, data):
    """Of these bytes, for git; without the last newline."""
    if SODIUM:
        return natively(path, data)
    return subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", path],
        input=data, check=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout.rstrip(b"\n")
