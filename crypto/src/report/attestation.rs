//! The FIPS attestation of an image, as far as a report supports it: the image layer signs this and adds nothing to it.

use serde_json::{Map, Value, json};

/// The type of the predicate.
pub const PREDICATE_TYPE: &str = "https://docker.com/dhi/fips/v0.1";

/// The predicate that `report` supports: one element for each module that is validated or in process. It may be the
/// report of a running process, or the static one of a program file, which has no self-test.
///
/// Empty when the report supports no claim: another provider, a module whose bytes are on no certificate and in no
/// process, or a self-test that failed. `sunset_date` (`2029-01-31`) stands on the certificate's page and nowhere in the
/// program; without it the field is left out.
#[must_use]
pub fn predicate(report: &Value, sunset_date: Option<&str>) -> Vec<Value> {
    let module = &report["module"];
    let status = match module["status"].as_str() {
        Some("validated") => "active",
        Some("in-process") => "in process",
        _ => return Vec::new(),
    };
    let self_test = &report["self_test"];
    let has_failed = ["integrity", "kats", "linked_crates"]
        .iter()
        .any(|test| self_test[test] == false);
    if has_failed {
        return Vec::new();
    }
    let mut element = Map::from_iter(
        [
            ("name", module["name"].clone()),
            ("package", module["package"].clone()),
            ("standard", json!("FIPS 140-3")),
            ("status", json!(status)),
            ("version", module["version"].clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    // A certificate of a module in process would be that of another module.
    if let ("active", Some(certificate)) = (status, module["certificate"].as_str()) {
        element.insert(
            "certification".to_owned(),
            json!(format!("CMVP {certificate}")),
        );
        element.insert(
            "certificationUrl".to_owned(),
            module["certificate_url"].clone(),
        );
    }
    if let Some(date) = sunset_date {
        element.insert("sunsetDate".to_owned(), json!(date));
    }
    vec![Value::Object(element)]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::predicate;

    fn report(status: &str) -> Value {
        json!({
            "provider": "aws-lc-fips",
            "module": {
                "name": "AWS-LC 3 Cryptographic Module",
                "version": "AWS-LC FIPS 3.1.0",
                "package": "pkg:cargo/aws-lc-fips-sys@0.13.11",
                "status": status,
                "certificate": "#5314",
                "certificate_url": "https://csrc.nist.gov/certificate/5314",
            },
        })
    }

    #[test]
    fn a_validated_module_is_attested_with_its_certificate() {
        let expected = json!([{
            "name": "AWS-LC 3 Cryptographic Module",
            "package": "pkg:cargo/aws-lc-fips-sys@0.13.11",
            "standard": "FIPS 140-3",
            "status": "active",
            "certification": "CMVP #5314",
            "certificationUrl": "https://csrc.nist.gov/certificate/5314",
            "version": "AWS-LC FIPS 3.1.0",
        }]);
        assert_eq!(Value::from(predicate(&report("validated"), None)), expected);
    }

    #[test]
    fn the_sunset_date_is_added_when_it_is_known() {
        let elements = predicate(&report("validated"), Some("2029-01-31"));
        assert_eq!(elements[0]["sunsetDate"], "2029-01-31");
    }

    #[test]
    fn a_module_in_process_is_attested_without_a_certificate() {
        let element = &predicate(&report("in-process"), None)[0];
        assert_eq!(element["status"], "in process");
        assert_eq!(
            (&element["certification"], &element["certificationUrl"]),
            (&Value::Null, &Value::Null)
        );
    }

    #[test]
    fn nothing_else_is_attested() {
        for status in ["update-of-validated", "unvalidated", "none", ""] {
            assert_eq!(
                predicate(&report(status), None),
                Vec::<Value>::new(),
                "{status}"
            );
        }
        assert_eq!(predicate(&json!({}), None), Vec::<Value>::new());
        for test in ["integrity", "kats", "linked_crates"] {
            let mut failed = report("validated");
            failed["self_test"] = json!({ test: false });
            assert_eq!(predicate(&failed, None), Vec::<Value>::new(), "{test}");
        }
    }

    #[test]
    fn the_live_report_of_this_build_is_attested_only_with_the_validated_module() {
        let report = serde_json::from_str(&crate::report().to_json()).unwrap();
        assert_eq!(
            predicate(&report, None).len(),
            usize::from(cfg!(feature = "fips"))
        );
    }
}
