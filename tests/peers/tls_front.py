"""TLS in front of an HTTP server on loopback, for software that takes an issuer by https alone.

python tls_front.py PORT CERTIFICATE KEY URL, where URL is the server's address.
"""

import http.client
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

port, certificate, key, url = sys.argv[1:]
behind = urlsplit(url).netloc


class Front(BaseHTTPRequestHandler):
    def forward(self):
        length = int(self.headers.get("content-length", 0))
        connection = http.client.HTTPConnection(behind, timeout=20)
        connection.request(self.command, self.path, self.rfile.read(length) or None, dict(self.headers))
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = forward


server = ThreadingHTTPServer(("127.0.0.1", int(port)), Front)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
