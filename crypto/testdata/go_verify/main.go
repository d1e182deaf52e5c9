// Makes cases.json: certificates and what Go's crypto/x509 says about chains of them. Run with `go run .` in this
// folder; the result is committed, so that the tests need no Go. Keys and serial numbers are new at every run.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"net/url"
	"os"
	"time"
)

type entity struct {
	index int
	cert  *x509.Certificate
	key   crypto.Signer
}

type change func(*x509.Certificate)

type caseOf struct {
	Name          string `json:"name"`
	Leaf          int    `json:"leaf"`
	Intermediates []int  `json:"intermediates"`
	Roots         []int  `json:"roots"`
	Host          string `json:"host"`
	Client        bool   `json:"client"`
	Now           int64  `json:"now"`
	Error         string `json:"error"`
}

var (
	now          = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	certificates []string
	cases        []caseOf
	serial       = int64(1000)
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func key(kind string) crypto.Signer {
	switch kind {
	case "p384":
		k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		check(err)
		return k
	case "rsa":
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		check(err)
		return k
	case "ed25519":
		_, k, err := ed25519.GenerateKey(rand.Reader)
		check(err)
		return k
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	return k
}

func issue(name, kind string, parent *entity, changes ...change) *entity {
	serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.AddDate(-1, 0, 0),
		NotAfter:     now.AddDate(1, 0, 0),
	}
	for _, c := range changes {
		c(template)
	}
	self := key(kind)
	signer, issuer := self, template
	if parent != nil {
		signer, issuer = parent.key, parent.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, self.Public(), signer)
	check(err)
	parsed, err := x509.ParseCertificate(der)
	check(err)
	certificates = append(certificates, base64.StdEncoding.EncodeToString(der))
	return &entity{len(certificates) - 1, parsed, self}
}

func ca(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
}
func dns(names ...string) change { return func(c *x509.Certificate) { c.DNSNames = names } }
func ips(texts ...string) change {
	return func(c *x509.Certificate) {
		for _, t := range texts {
			c.IPAddresses = append(c.IPAddresses, net.ParseIP(t))
		}
	}
}
func mails(m ...string) change { return func(c *x509.Certificate) { c.EmailAddresses = m } }
func uris(texts ...string) change {
	return func(c *x509.Certificate) {
		for _, t := range texts {
			u, err := url.Parse(t)
			check(err)
			c.URIs = append(c.URIs, u)
		}
	}
}
func eku(u ...x509.ExtKeyUsage) change { return func(c *x509.Certificate) { c.ExtKeyUsage = u } }
func usage(u x509.KeyUsage) change     { return func(c *x509.Certificate) { c.KeyUsage = u } }
func from(years int) change {
	return func(c *x509.Certificate) { c.NotBefore = now.AddDate(years, 0, 0) }
}
func until(years int) change { return func(c *x509.Certificate) { c.NotAfter = now.AddDate(years, 0, 0) } }
func pathLen(n int) change {
	return func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 }
}
func noBasic(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA, c.KeyUsage = false, false, 0 }
func notCA(c *x509.Certificate)   { c.BasicConstraintsValid, c.IsCA, c.KeyUsage = true, false, 0 }
func critical(c *x509.Certificate) {
	c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Critical: true, Value: []byte{5, 0}})
}
func unknownEKU(c *x509.Certificate) {
	c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 99999, 2}}
}
func network(text string) []*net.IPNet {
	_, n, err := net.ParseCIDR(text)
	check(err)
	return []*net.IPNet{n}
}

func verify(name string, leaf *entity, middle, roots []*entity, host string, client bool) {
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: host, CurrentTime: now}
	if client {
		options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	c := caseOf{Name: name, Leaf: leaf.index, Host: host, Client: client, Now: now.Unix(), Intermediates: []int{}, Roots: []int{}}
	for _, e := range middle {
		options.Intermediates.AddCert(e.cert)
		c.Intermediates = append(c.Intermediates, e.index)
	}
	for _, e := range roots {
		options.Roots.AddCert(e.cert)
		c.Roots = append(c.Roots, e.index)
	}
	if _, err := leaf.cert.Verify(options); err != nil {
		c.Error = err.Error()
	}
	cases = append(cases, c)
}

func list(e ...*entity) []*entity { return e }

func main() {
	root := issue("root", "p256", nil, ca)
	other := issue("root", "p256", nil, ca)

	for _, kind := range []string{"p256", "p384", "rsa", "ed25519"} {
		r := issue("root "+kind, kind, nil, ca)
		m := issue("middle "+kind, kind, r, ca)
		l := issue("leaf "+kind, kind, m, dns("a.test"))
		verify("chain of "+kind, l, list(m), list(r), "a.test", false)
		verify("chain of "+kind+", middle trusted", l, nil, list(m), "a.test", false)
		verify("chain of "+kind+", leaf trusted", l, nil, list(l), "a.test", false)
		verify("chain of "+kind+", middle missing", l, nil, list(r), "a.test", false)
		verify("chain of "+kind+", root of another key", l, list(m), list(other), "a.test", false)
	}

	hosts := []string{"a.test", "A.Test", "a.test.", "b.a.test", "c.b.a.test", "test", "*.test", "", "127.0.0.1", "127.0.0.2", "::1", "[::1]", "a_b.test", "-a.test", "a..test"}
	for _, l := range []*entity{
		issue("a.test", "p256", root, dns("a.test")),
		issue("wild", "p256", root, dns("*.a.test", "x.test")),
		issue("odd", "p256", root, dns("*.*.test", "a*.test", "*", "a_b.test", "-a.test")),
		issue("addresses", "p256", root, ips("127.0.0.1", "::1", "::ffff:10.0.0.1")),
		issue("mail", "p256", root, mails("a@a.test"), uris("https://a.test/")),
		issue("a.test", "p256", root),
	} {
		for _, h := range hosts {
			verify("host "+h+" of "+l.cert.Subject.CommonName, l, nil, list(root), h, false)
		}
	}

	usages := map[string]change{
		"none":    func(*x509.Certificate) {},
		"server":  eku(x509.ExtKeyUsageServerAuth),
		"client":  eku(x509.ExtKeyUsageClientAuth),
		"both":    eku(x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth),
		"any":     eku(x509.ExtKeyUsageAny),
		"email":   eku(x509.ExtKeyUsageEmailProtection),
		"unknown": unknownEKU,
	}
	order := []string{"none", "server", "client", "both", "any", "email", "unknown"}
	for _, above := range order {
		m := issue("middle for "+above, "p256", root, ca, usages[above])
		for _, below := range order {
			l := issue("leaf for "+below, "p256", m, dns("a.test"), usages[below])
			verify("usage "+above+" over "+below+", server", l, list(m), list(root), "a.test", false)
			verify("usage "+above+" over "+below+", client", l, list(m), list(root), "", true)
		}
	}

	authorities := map[string][]change{
		"good": {ca}, "expired": {ca, until(0), from(-2)}, "early": {ca, from(1), until(2)}, "no basic constraints": {noBasic},
		"not a CA": {notCA}, "no certSign": {ca, usage(x509.KeyUsageDigitalSignature)}, "path length 0": {ca, pathLen(0)},
		"critical": {ca, critical}, "no key usage": {ca, usage(0)},
	}
	names := []string{"good", "expired", "early", "no basic constraints", "not a CA", "no certSign", "path length 0", "critical", "no key usage"}
	for _, a := range names {
		// "expired" ends the second before now.
		fix := func(c *x509.Certificate) {
			if a == "expired" {
				c.NotAfter = now.Add(-time.Second)
			}
		}
		r := issue("root "+a, "p256", nil, append(authorities[a], fix)...)
		l := issue("leaf", "p256", r, dns("a.test"))
		verify("root: "+a, l, nil, list(r), "a.test", false)
		m := issue("middle "+a, "p256", root, append(authorities[a], fix)...)
		n := issue("lower", "p256", m, ca)
		verify("middle: "+a, issue("leaf", "p256", m, dns("a.test")), list(m), list(root), "a.test", false)
		verify("two middles, upper: "+a, issue("leaf", "p256", n, dns("a.test")), list(n, m), list(root), "a.test", false)
		good := issue("leaf as "+a, "p256", root, append(append([]change{}, authorities[a]...), fix, dns("a.test"))...)
		verify("leaf: "+a, good, nil, list(root), "a.test", false)
		verify("leaf: "+a+", trusted itself", good, nil, list(good), "a.test", false)
	}

	type constraint struct {
		name string
		set  change
	}
	constraints := []constraint{
		{"dns a.test", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"a.test"} }},
		{"dns .a.test", func(c *x509.Certificate) { c.PermittedDNSDomains = []string{".a.test"} }},
		{"not dns b.a.test", func(c *x509.Certificate) { c.ExcludedDNSDomains = []string{"b.a.test"} }},
		{"ip 10/8", func(c *x509.Certificate) { c.PermittedIPRanges = network("10.0.0.0/8") }},
		{"not ip 10.1/16", func(c *x509.Certificate) { c.ExcludedIPRanges = network("10.1.0.0/16") }},
		{"ip6", func(c *x509.Certificate) { c.PermittedIPRanges = network("fd00::/8") }},
		{"mail a.test", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"a.test"} }},
		{"mail me", func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"me@a.test"} }},
		{"not mail .a.test", func(c *x509.Certificate) { c.ExcludedEmailAddresses = []string{".a.test"} }},
		{"uri a.test", func(c *x509.Certificate) { c.PermittedURIDomains = []string{"a.test"} }},
		{"not uri .a.test", func(c *x509.Certificate) { c.ExcludedURIDomains = []string{".a.test"} }},
	}
	for _, k := range constraints {
		m := issue("constrained", "p256", root, ca, k.set)
		for _, l := range []struct {
			name string
			set  change
		}{
			{"a.test", dns("a.test")}, {"b.a.test", dns("b.a.test")}, {"*.a.test", dns("*.a.test")}, {"xa.test", dns("xa.test")},
			{"10.0.0.1", ips("10.0.0.1")}, {"10.1.0.1", ips("10.1.0.1")}, {"fd00::1", ips("fd00::1")}, {"::1", ips("::1")},
			{"me@a.test", mails("me@a.test")}, {"you@A.test", mails("you@A.test")}, {"me@b.a.test", mails("me@b.a.test")},
			{"https://a.test:1/", uris("https://a.test:1/")}, {"https://b.a.test/x", uris("https://b.a.test/x")},
			{"https://10.0.0.1/", uris("https://10.0.0.1/")}, {"urn:x", uris("urn:x")},
		} {
			leaf := issue("leaf", "p256", m, l.set)
			verify("constraint "+k.name+" over "+l.name, leaf, list(m), list(root), "", false)
		}
	}

	verify("critical extension on the leaf", issue("leaf", "p256", root, dns("a.test"), critical), nil, list(root), "a.test", false)
	verify("no roots", issue("leaf", "p256", root, dns("a.test")), nil, nil, "a.test", false)

	out, err := json.MarshalIndent(map[string]any{"certificates": certificates, "cases": cases}, "", " ")
	check(err)
	check(os.WriteFile("cases.json", append(out, '\n'), 0o644))
}
