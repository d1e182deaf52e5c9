"""Python's ssl as a peer of the matrix: one command a line, one answer a line (matrix/peers.rs speaks it).

client PORT VERSION CA [CERT KEY]    "ok BODY" or "error TEXT"
server VERSION CERT KEY [CA]         "port N", then serves one connection; with CA it demands a client certificate
"""

import socket
import ssl
import sys
import threading

LIMIT = 10
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def client(port, version, ca, *identity):
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    if identity:
        context.load_cert_chain(*identity)
    with socket.create_connection(("127.0.0.1", int(port)), LIMIT) as plain:
        with context.wrap_socket(plain, server_hostname="server.test") as secured:
            secured.sendall(b"GET / HTTP/1.0\r\n\r\n")
            page = b""
            while chunk := secured.recv(4096):
                page += chunk
    return "ok " + page.decode().partition("\r\n\r\n")[2]


def server(version, certificate, key, *ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.load_cert_chain(certificate, key)
    if ca:
        context.load_verify_locations(*ca)
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, context), daemon=True).start()
    return f"port {listener.getsockname()[1]}"


def serve(listener, context):
    with listener:
        plain, _ = listener.accept()
    plain.settimeout(LIMIT)
    try:
        with context.wrap_socket(plain, server_side=True) as secured:
            secured.recv(4096)
            mutual = str(secured.getpeercert(True) is not None).lower()
            secured.sendall(f"HTTP/1.0 200 OK\r\n\r\nmutual={mutual}".encode())
            secured.unwrap()
    except OSError:
        pass  # the other side says what went wrong


for line in sys.stdin:
    command, *words = line.split()
    try:
        answer = {"client": client, "server": server}[command](*words)
    except Exception as error:
        answer = "error " + str(error).replace("\n", " ")
    print(answer, flush=True)
