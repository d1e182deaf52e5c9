use proptest::prelude::*;

use super::*;

#[test]
fn numbers_have_the_forms_of_the_documentation() {
    for (number, form) in [
        (0u64, &[0][..]),
        (7, &[7]),
        (127, &[127]),
        (128, &[0xff, 128]),
        (256, &[0xfe, 1, 0]),
    ] {
        let mut out = Vec::new();
        put_uint(&mut out, number);
        assert_eq!(out, form);
    }
    for (form, number) in [
        (&[1][..], -1i64),
        (&[4], 2),
        (&[0xff, 0x81], -65),
        (&[0xff, 0x82], 65),
    ] {
        assert_eq!(Reader::new(form).int(), Ok(number));
    }
    assert_eq!(Reader::new(&[0xf6, 0]).uint(), Err(GobError::Number));
    assert_eq!(Reader::new(&[0xfe, 0]).uint(), Err(GobError::Truncated));
    assert_eq!(
        Reader::new(&[0xf8, 255, 255, 255, 255, 255, 255, 255, 255]).bytes(),
        Err(GobError::Truncated)
    );
}

proptest! {
    #[test]
    fn a_number_written_reads_back(number: u64) {
        let mut out = Vec::new();
        put_uint(&mut out, number);
        prop_assert_eq!(Reader::new(&out).uint(), Ok(number));
    }

    #[test]
    fn definitions_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut types = Types::default();
        let mut stream = Reader::new(&bytes);
        while let Ok((id, mut value)) = types.read_until_value(&mut stream) {
            let _ = types.skip(&mut value, id);
        }
    }
}
