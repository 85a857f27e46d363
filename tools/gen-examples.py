#!/usr/bin/env python3
"""Makes tokens for the examples of conf/rules/secrets.yaml.

Examples must pass the validators of their rule, so they need right checksums
and random-looking text, and must never be anybody's key.  This prints tokens
that are random and right:

    tools/gen-examples.py 'ghp_ 30*b crc62'
    tools/gen-examples.py -n 3 -s my-rule 'glpat- 27*u . 2*l crc36'
    tools/gen-examples.py --yaml 'npm_ 30*b crc62'

A shape is a list of parts, separated by spaces:

    N*SET or N-M*SET   that many characters of a set
    crc62 CRC16 crc16 crc36
                       CRC-32 of what the checksum of the kind covers: crc62 of
                       all behind the first "_"; the others of all before them
    uuid               version 4
    jwt                a JSON Web Token with random claims
    pem:LABEL          an armoured key of random bytes in a DER sequence
    pem1:LABEL         the same, its newlines written as \\n
    b64:SHAPE          base64 of another shape, its spaces written as "~"
    b64u:SHAPE         the same, base64url without padding
    pass               a password with upper and lower case, digits, a symbol
    luhn:DIGITS        a card number that starts so, 16 digits
    iban:CC            an IBAN of that country with a made-up account
    wif                a Bitcoin private key (base58check)
    age                an age identity (bech32)
    xprv               the private key of a wallet (base58check)
    django             fifty small letters, digits and punctuation
    seed               twelve words
    card               a card number in groups of four
    k8sjwt jwe         a service account token; an encrypted token
    putty openvpn      key files
    word               a lower-case word
    _                  one space
    __                 one underscore
    anything else      itself

    sets: b [0-9A-Za-z]   u [A-Za-z0-9_-]  h [0-9a-f]  H [0-9A-F]  l [a-z0-9]
          U [A-Z0-9]      B [A-Za-z0-9+/]  d [0-9]     a [A-Za-z]  5 [A-Z2-7]
          z [a-z]         Z [A-Z]          c [./A-Za-z0-9]

The seed (-s) makes it repeatable.  With --yaml one character of the first
literal is written as an escape, so that scanners for pushed secrets, which
read the file and not what it means, let the pack pass.
"""

import argparse
import base64
import hashlib
import random
import re
import string
import sys
import zlib

ALNUM = string.digits + string.ascii_uppercase + string.ascii_lowercase
SETS = {
    "b": ALNUM, "u": ALNUM + "_-", "h": "0123456789abcdef",
    "H": "0123456789ABCDEF", "l": string.digits + string.ascii_lowercase,
    "U": string.digits + string.ascii_uppercase, "B": ALNUM + "+/",
    "d": string.digits, "a": string.ascii_letters,
    "5": string.ascii_uppercase + "234567", "z": string.ascii_lowercase,
    "Z": string.ascii_uppercase, "c": ALNUM + "./",
}
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
WORDS = ("amber basin cedar delta ember fjord grove harbor island juniper "
         "kettle lagoon meadow nectar orchid pebble quarry ridge summit "
         "timber umber valley willow zephyr").split()


def number(value, digits, width):
    out = ""
    for _ in range(width):
        value, rest = divmod(value, len(digits))
        out = digits[rest] + out
    return out


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def varied(rnd, chars, count):
    """Random characters, as mixed as a validator for entropy may ask for."""
    token = ""
    for _ in range(200):
        token = "".join(rnd.choice(chars) for _ in range(count))
        if count < 8:
            break
        classes = [c for c in (string.digits, string.ascii_uppercase,
                               string.ascii_lowercase) if set(c) & set(chars)]
        if (all(sum(ch in c for ch in token) >= 2 for c in classes)
                and token[0] in ALNUM and token[-1] in ALNUM
                and len(set(token)) >= min(count, len(chars)) * 0.55
                and "0000" not in token):
            break
    return token


def bech32(hrp, data):
    def polymod(values):
        chk = 1
        for v in values:
            top = chk >> 25
            chk = (chk & 0x1ffffff) << 5 ^ v
            for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                   0x3d4233dd, 0x2a1462b3)):
                chk ^= g if (top >> i) & 1 else 0
        return chk

    bits = int.from_bytes(data, "big")
    pad = -len(data) * 8 % 5
    five = [int(d, 32) for d in number(
        bits << pad, "0123456789abcdefghijklmnopqrstuv",
        (len(data) * 8 + pad) // 5)]
    head = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    mod = polymod(head + five + [0] * 6) ^ 1
    five += [(mod >> 5 * (5 - i)) & 31 for i in range(6)]
    return hrp + "1" + "".join(BECH32[d] for d in five)


def base58check(data):
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    value, out = int.from_bytes(data, "big"), ""
    while value:
        value, rest = divmod(value, 58)
        out = BASE58[rest] + out
    return out


def pem(rnd, label, newline):
    raw = rnd.randbytes(290)
    if label == "OPENSSH PRIVATE KEY":
        raw = b"openssh-key-v1\0\0\0\0\4none" + raw
    elif label.startswith("PGP"):
        raw = b"\x95\x03\x98\x04" + raw
    else:
        raw = b"\x30\x82\x01\x22\x02\x01\x00" + raw
    body = base64.b64encode(raw).decode()
    lines = [body[i:i + 64] for i in range(0, len(body), 64)]
    if label.startswith("PGP"):
        lines.insert(0, "")
    return newline.join(["-----BEGIN %s-----" % label] + lines
                        + ["-----END %s-----" % label])


def key_file(rnd, kind):
    if kind == "openvpn":
        lines = [varied(rnd, SETS["h"], 32) for _ in range(6)]
        return "\n".join(["-----BEGIN OpenVPN Static key V1-----"] + lines
                         + ["-----END OpenVPN Static key V1-----"])
    return "\n".join((
        "PuTTY-User-Key-File-3: ssh-ed25519", "Encryption: none",
        "Comment: k", "Public-Lines: 2", varied(rnd, SETS["B"], 64),
        varied(rnd, SETS["B"], 40), "Private-Lines: 1",
        varied(rnd, SETS["B"], 48),
        "Private-MAC: " + varied(rnd, SETS["h"], 64)))


def part(rnd, word, before):
    m = re.fullmatch(r"(\d+)(?:-(\d+))?\*(\w)", word)
    if m:
        count = rnd.randint(int(m[1]), int(m[2] or m[1]))
        return varied(rnd, SETS[m[3]], count)
    if word == "crc62":
        body = before.split("_", 1)[1]
        return number(zlib.crc32(body.encode()), ALNUM, 6)
    if word in ("CRC16", "crc16"):
        return ("%08X" if word == "CRC16" else "%08x") % zlib.crc32(
            before.encode())
    if word == "crc36":
        return number(zlib.crc32(before.encode()),
                      string.digits + string.ascii_lowercase, 7)
    if word == "uuid":
        h = varied(rnd, SETS["h"], 32)
        return "-".join((h[:8], h[8:12], "4" + h[13:16], "a" + h[17:20],
                         h[20:]))
    if word == "jwt":
        claims = '{"sub":"%s","iss":"https://%s.test","exp":19%s}' % (
            varied(rnd, SETS["d"], 10), rnd.choice(WORDS),
            varied(rnd, SETS["d"], 8))
        return ".".join((b64url(b'{"alg":"HS256","typ":"JWT"}'),
                         b64url(claims.encode()), b64url(rnd.randbytes(32))))
    if word.startswith("pem:"):
        return pem(rnd, word[4:].replace("~", " "), "\n")
    if word.startswith("pem1:"):
        return pem(rnd, word[5:].replace("~", " "), "\\n")
    if word.startswith("b64:"):
        inner = token(rnd, word[4:].replace("~", " "))
        return base64.b64encode(inner.encode()).decode()
    if word.startswith("b64u:"):
        return b64url(token(rnd, word[5:].replace("~", " ")).encode())
    if word == "pass":
        return "%s%s%s%s" % (rnd.choice(WORDS).capitalize(),
                             rnd.choice("!#*+-_"), rnd.choice(WORDS),
                             varied(rnd, SETS["d"], 4))
    if word.startswith("luhn:"):
        digits = word[5:] + varied(rnd, SETS["d"], 15 - len(word[5:]))
        odd = sum(sum(divmod(int(d) * 2, 10)) for d in digits[-1::-2])
        return digits + str(-(odd + sum(map(int, digits[-2::-2]))) % 10)
    if word.startswith("iban:"):
        size = {"DE": 18, "FR": 23, "ES": 20, "NL": 14, "AT": 16}[word[5:]]
        body = varied(rnd, SETS["d"], size)
        if word[5:] == "NL":
            body = varied(rnd, SETS["Z"], 4) + body[:10]
        check = 98 - int("".join(str(int(c, 36)) for c in
                                 body + word[5:] + "00")) % 97
        return "%s%02d%s" % (word[5:], check, body)
    if word == "wif":
        return base58check(b"\x80" + rnd.randbytes(32) + b"\x01")
    if word == "xprv":
        return base58check(b"\x04\x88\xad\xe4" + rnd.randbytes(74))
    if word == "age":
        return bech32("age-secret-key-", rnd.randbytes(32)).upper()
    if word == "django":
        chars = string.ascii_lowercase + string.digits + "!@#^&*(-_=+)"
        return "s" + "".join(rnd.choice(chars) for _ in range(46)) + "4#x"
    if word == "seed":
        return " ".join(rnd.sample(WORDS, 12))
    if word == "card":
        digits = part(rnd, "luhn:4", "")
        return " ".join(digits[i:i + 4] for i in range(0, 16, 4))
    if word == "k8sjwt":
        head = '{"alg":"RS256","kid":"%s"}' % varied(rnd, SETS["b"], 20)
        claims = ('{"iss":"kubernetes/serviceaccount","kubernetes.io/'
                  'serviceaccount/namespace":"shop"}')
        return ".".join((b64url(head.encode()), b64url(claims.encode()),
                         b64url(rnd.randbytes(128))))
    if word == "jwe":
        parts = [b'{"alg":"RSA-OAEP","enc":"A256GCM"}']
        parts += [rnd.randbytes(n) for n in (64, 12, 40, 16)]
        return ".".join(b64url(b) for b in parts)
    if word in ("putty", "openvpn"):
        return key_file(rnd, word)
    if word == "word":
        return rnd.choice(WORDS)
    return {"_": " ", "__": "_"}.get(word, word)


def token(rnd, shape):
    out = ""
    for word in shape.split():
        out += part(rnd, word, out)
    return out


def make(shape, seed, count=1):
    """A list of tokens; the same ones for the same shape and seed."""
    rnd = random.Random("%s/%s" % (seed, shape))
    return [token(rnd, shape) for _ in range(count)]


def quote(text):
    """A double-quoted YAML scalar with one letter of it hidden."""
    m = re.search(r"[A-Za-z]", text)
    out = ""
    for i, c in enumerate(text):
        if m and i == m.start():
            out += "\\x%02x" % ord(c)
        elif c == "\n":
            out += "\\n"
        elif c in '"\\':
            out += "\\" + c
        else:
            out += c
    return '"%s"' % out


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("-n", type=int, default=1, metavar="COUNT",
                   help="tokens of each shape")
    p.add_argument("-s", default="example", metavar="SEED",
                   help="id of the rule, for instance")
    p.add_argument("--yaml", action="store_true",
                   help="print them as quoted YAML")
    p.add_argument("shape", nargs="+")
    args = p.parse_args()
    for shape in args.shape:
        for t in make(shape, args.s, args.n):
            print(quote(t) if args.yaml else t)
    return 0


if __name__ == "__main__":
    sys.exit(main())
