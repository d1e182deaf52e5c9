"""Pushes with prometheus_client, as Python jobs in the field do.

Usage: push.py push|pushadd|delete URL JOB [--user NAME --password PASSWORD]
       [--ca FILE --cert FILE --key FILE] [--value N] [--gzip] [LABEL=VALUE ...]
"""

import argparse

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary
from prometheus_client.exposition import (
    basic_auth_handler, delete_from_gateway, push_to_gateway, pushadd_to_gateway, tls_auth_handler,
)


def registry(value):
    """One metric of every kind the client knows, with names and values that need escaping."""
    metrics = CollectorRegistry()
    Gauge("py_gauge", 'A "gauge" \\ of\nthe client.', ["label"], registry=metrics).labels('x"y\\z\n').set(value)
    Counter("py_jobs", "A counter.", registry=metrics).inc(3)
    summary = Summary("py_summary_seconds", "A summary.", registry=metrics)
    summary.observe(2)
    histogram = Histogram("py_histogram_seconds", "A histogram.", buckets=(1, 10), registry=metrics)
    histogram.observe(5)
    Info("py_build", "An info.", registry=metrics).info({"version": "1.2.3"})
    return metrics


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=("push", "pushadd", "delete"))
    parser.add_argument("url")
    parser.add_argument("job")
    parser.add_argument("labels", nargs="*")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--ca")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--value", type=float, default=1)
    parser.add_argument("--gzip", action="store_true")
    options = parser.parse_intermixed_args()

    more = {"grouping_key": dict(label.split("=", 1) for label in options.labels)}
    if options.user or options.cert:
        def handler(url, method, timeout, headers, data):
            if options.cert:
                return tls_auth_handler(url, method, timeout, headers, data, options.cert, options.key, options.ca)
            return basic_auth_handler(url, method, timeout, headers, data, options.user, options.password)
        more["handler"] = handler
    if options.action == "delete":
        delete_from_gateway(options.url, job=options.job, **more)
        return
    if options.gzip:
        more["compression"] = "gzip"
    act = push_to_gateway if options.action == "push" else pushadd_to_gateway
    act(options.url, job=options.job, registry=registry(options.value), **more)


main()
