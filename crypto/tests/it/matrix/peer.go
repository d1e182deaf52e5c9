// Go's crypto/tls as a peer of the matrix: one command a line, one answer a line (matrix/peers.rs speaks it).
//
//	client PORT VERSION CA [CERT KEY]    "ok BODY" or "error TEXT"
//	server VERSION CERT KEY [CA]         "port N", then serves one connection; with CA it demands a client certificate
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const limit = 10 * time.Second

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		run := client
		if words[0] == "server" {
			run = server
		}
		if answer, err := run(words[1:]); err != nil {
			fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println(answer)
		}
	}
}

func client(words []string) (string, error) {
	roots, err := pool(words[2])
	if err != nil {
		return "", err
	}
	version := versions[words[1]]
	config := &tls.Config{RootCAs: roots, ServerName: "server.test", MinVersion: version, MaxVersion: version}
	if len(words) > 3 {
		identity, err := tls.LoadX509KeyPair(words[3], words[4])
		if err != nil {
			return "", err
		}
		config.Certificates = []tls.Certificate{identity}
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: limit}, "tcp", "127.0.0.1:"+words[0], config)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return "", err
	}
	page, err := io.ReadAll(conn)
	if err != nil {
		return "", err
	}
	_, body, _ := strings.Cut(string(page), "\r\n\r\n")
	return "ok " + body, nil
}

func server(words []string) (string, error) {
	identity, err := tls.LoadX509KeyPair(words[1], words[2])
	if err != nil {
		return "", err
	}
	version := versions[words[0]]
	config := &tls.Config{Certificates: []tls.Certificate{identity}, MinVersion: version, MaxVersion: version}
	if len(words) > 3 {
		if config.ClientCAs, err = pool(words[3]); err != nil {
			return "", err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		defer listener.Close()
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(limit))
		secured := tls.Server(conn, config)
		if secured.Handshake() != nil {
			return
		}
		defer secured.Close()
		bufio.NewReader(secured).ReadString('\n')
		mutual := len(secured.ConnectionState().PeerCertificates) > 0
		fmt.Fprintf(secured, "HTTP/1.0 200 OK\r\n\r\nmutual=%t", mutual)
	}()
	return fmt.Sprint("port ", listener.Addr().(*net.TCPAddr).Port), nil
}

func pool(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("no certificate in %s", path)
	}
	return roots, nil
}
