// Command clients-go pushes with client_golang/prometheus/push, as Go programs in the field do.
// Usage: clients-go push|add|delete|text URL JOB [-ca FILE] [-user NAME -password PASSWORD] [-value N] [LABEL=VALUE …]
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("usage: clients-go push|add|delete|text URL JOB [flags] [LABEL=VALUE …]")
	}
	flags := flag.NewFlagSet("clients-go", flag.ExitOnError)
	ca := flags.String("ca", "", "certificates to trust")
	user := flags.String("user", "", "user of basic authentication")
	password := flags.String("password", "", "its password")
	value := flags.Float64("value", 1, "value of the gauge")
	if err := flags.Parse(args[3:]); err != nil {
		return err
	}
	pusher := push.New(args[1], args[2]).Collector(gauge(*value)).Collector(histogram())
	for _, label := range flags.Args() {
		name, text, _ := strings.Cut(label, "=")
		pusher = pusher.Grouping(name, text)
	}
	if *user != "" {
		pusher = pusher.BasicAuth(*user, *password)
	}
	if *ca != "" {
		client, err := trusting(*ca)
		if err != nil {
			return err
		}
		pusher = pusher.Client(client)
	}
	switch args[0] {
	case "push":
		return pusher.Push()
	case "add":
		return pusher.Add()
	case "delete":
		return pusher.Delete()
	case "text":
		return pusher.Format(expfmt.NewFormat(expfmt.TypeTextPlain)).Push()
	default:
		return fmt.Errorf("no action %q", args[0])
	}
}

func gauge(value float64) prometheus.Collector {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "go_client_seconds", Help: "A gauge of the Go client."})
	gauge.Set(value)
	return gauge
}

// histogram is classic and native at once, with an exemplar-free observation on each side of zero.
func histogram() prometheus.Collector {
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "client_histogram", Help: "A histogram.", Buckets: []float64{1, 10}, NativeHistogramBucketFactor: 2,
	})
	histogram.Observe(-3)
	histogram.Observe(0.5)
	histogram.Observe(5)
	return histogram
}

func trusting(file string) (*http.Client, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}, nil
}
