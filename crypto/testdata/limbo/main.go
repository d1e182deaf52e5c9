// Makes cases.json from x509-limbo's testcases: their certificates, and what Go's crypto/x509 says about them.
// `go run . <limbo.json >cases.json`; the result is committed, so that the tests need neither.
package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"runtime"
	"time"
)

// The part of limbo's schema that is used here.
type testcase struct {
	ID            string   `json:"id"`
	Features      []string `json:"features"`
	Kind          string   `json:"validation_kind"`
	Roots         []string `json:"trusted_certs"`
	Intermediates []string `json:"untrusted_intermediates"`
	Leaf          string   `json:"peer_certificate"`
	Time          *string  `json:"validation_time"`
	Algorithms    []string `json:"signature_algorithms"`
	Usages        []string `json:"extended_key_usage"`
	Expected      string   `json:"expected_result"`
	PeerName      *struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
	} `json:"expected_peer_name"`
	MaxDepth *int `json:"max_chain_depth"`
}

type outCase struct {
	Name          string `json:"name"`
	Leaf          int    `json:"leaf"`
	Intermediates []int  `json:"intermediates"`
	Roots         []int  `json:"roots"`
	Host          string `json:"host"`
	Client        bool   `json:"client"`
	Now           int64  `json:"now"`
	Limbo         string `json:"limbo"`
	Error         string `json:"error"`
}

type output struct {
	Go           string    `json:"go"`
	Certificates []string  `json:"certificates"`
	Cases        []outCase `json:"cases"`
	Skipped      []string  `json:"skipped"`
}

var (
	out     = output{Go: runtime.Version()}
	indices = map[string]int{}
)

// index returns the place of a certificate in the output.
func index(text string) int {
	block, _ := pem.Decode([]byte(text))
	der := base64.StdEncoding.EncodeToString(block.Bytes)
	if _, known := indices[der]; !known {
		indices[der] = len(out.Certificates)
		out.Certificates = append(out.Certificates, der)
	}
	return indices[der]
}

func all(texts []string) []int {
	found := []int{}
	for _, text := range texts {
		found = append(found, index(text))
	}
	return found
}

// pool leaves out what does not parse, as both Go's harness for limbo and our trust store do.
func pool(texts []string) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, text := range texts {
		pool.AppendCertsFromPEM([]byte(text))
	}
	return pool
}

// isSkipped says whether a testcase asks for something that crypto/x509 has no setting for, or that TLS never asks.
func (t *testcase) isSkipped() bool {
	for _, feature := range t.Features {
		if feature == "has-crl" || feature == "max-chain-depth" {
			return true
		}
	}
	for _, usage := range t.Usages {
		if usage != "serverAuth" && usage != "clientAuth" {
			return true
		}
	}
	return len(t.Usages) > 1 || len(t.Algorithms) > 0 || t.MaxDepth != nil
}

func (t *testcase) judge(now time.Time, client bool, host string) error {
	block, _ := pem.Decode([]byte(t.Leaf))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	usage := x509.ExtKeyUsageServerAuth
	if client {
		usage = x509.ExtKeyUsageClientAuth
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		DNSName:       host,
		Intermediates: pool(t.Intermediates),
		Roots:         pool(t.Roots),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{usage},
	})
	return err
}

func main() {
	var limbo struct {
		Testcases []testcase `json:"testcases"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&limbo); err != nil {
		panic(err)
	}
	for _, t := range limbo.Testcases {
		if t.isSkipped() {
			out.Skipped = append(out.Skipped, t.ID)
			continue
		}
		now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
		if t.Time != nil {
			now, _ = time.Parse(time.RFC3339, *t.Time)
		}
		client := t.Kind == "CLIENT" || len(t.Usages) == 1 && t.Usages[0] == "clientAuth"
		host := ""
		if t.PeerName != nil && !client {
			host = t.PeerName.Value
			if t.PeerName.Kind == "IP" {
				host = "[" + host + "]"
			}
		}
		text := ""
		if err := t.judge(now, client, host); err != nil {
			text = err.Error()
		}
		out.Cases = append(out.Cases, outCase{
			t.ID, index(t.Leaf), all(t.Intermediates), all(t.Roots), host, client, now.Unix(), t.Expected, text,
		})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
