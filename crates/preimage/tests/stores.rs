//! Stores in memory, alone and one over the other, and by reference.

use alloy_primitives::{B256, Bytes};
use hoike_preimage::{
    BLOB_BYTES, Blob, Commitment, Memory, NotFound, Oracle, Overlay, PreimageKey, StoreError,
    roots_of_unity,
};

const COMMITMENT: Commitment = [0xc1; 48];
const VERSIONED: B256 = B256::repeat_byte(1);

/// Where kona's host keeps a blob's proof: beside the last element, with 4,096 in the place of the point's last eight bytes.
fn proof_point() -> [u8; 32] {
    let mut point = roots_of_unity()[4095];
    point[24..].copy_from_slice(&4096_u64.to_be_bytes());
    point
}

/// What a caller sees that was lent an oracle.
fn by_reference<O: Oracle>(oracle: &mut O) -> impl Oracle<Error = O::Error> {
    oracle
}

/// A store with a value, and a blob whose every element has its own number in its last bytes.
fn store() -> (Memory, PreimageKey) {
    let mut store = Memory::default();
    let hash = store.insert_keccak256(&b"value"[..]);
    let mut blob: Blob = Box::new([0; BLOB_BYTES]);
    for (n, element) in blob.chunks_mut(32).enumerate() {
        element[28..].copy_from_slice(&(n as u32).to_be_bytes());
    }
    store.insert_blob(VERSIONED, &COMMITMENT, &blob);
    (store, PreimageKey::keccak256(hash))
}

/// The value as it is read into five, three and seven bytes of room.
fn read(oracle: &mut impl Oracle, key: PreimageKey) -> Vec<(usize, Vec<u8>)> {
    [5, 3, 7]
        .into_iter()
        .map(|room| {
            let mut out = vec![0xff; room];
            let length = oracle.read(key, &mut out).unwrap();
            (length, out)
        })
        .collect()
}

#[test]
fn values_are_read_as_far_as_there_is_room() {
    let (store, key) = store();
    let want = [
        (5, b"value".to_vec()),
        (5, b"val".to_vec()),
        (5, b"value\xff\xff".to_vec()),
    ];
    assert_eq!(read(&mut store.clone(), key), want);
    assert_eq!(read(&mut &mut store.clone(), key), want);
    let mut over = Overlay::new(store);
    assert_eq!(read(&mut over, key), want);
    over.insert(key, &b"other"[..]);
    assert_eq!(read(&mut over, key)[1], (5, b"oth".to_vec()));
    over.hide(key);
    let hidden = StoreError::Hidden { key };
    assert_eq!(over.get(key), Err(hidden));
    assert_eq!(over.read(key, &mut [0; 5]), Err(hidden));
    let missing = PreimageKey::local(1);
    let under = StoreError::Under(NotFound { key: missing });
    assert_eq!(over.get(missing), Err(under));
    assert_eq!(over.read(missing, &mut []), Err(under));
    assert_eq!(over.into_inner().get(key), Ok(Bytes::from("value")));
}

#[test]
fn a_blobs_proof_lies_beside_its_elements() {
    let (mut store, _) = store();
    let key = PreimageKey::blob(&COMMITMENT, &proof_point());
    assert_eq!(store.blob_proof(&COMMITMENT), Ok(None));
    // Of the wrong length it is none.
    store.insert(key, vec![5; 47]);
    assert_eq!(store.blob_proof(&COMMITMENT), Ok(None));
    store.insert(key, vec![5; 48]);
    assert_eq!(store.blob_proof(&COMMITMENT), Ok(Some([5; 48])));
    assert_eq!(
        by_reference(&mut store).blob_proof(&COMMITMENT),
        Ok(Some([5; 48]))
    );
    let mut over = Overlay::new(store);
    assert_eq!(over.blob_proof(&COMMITMENT), Ok(Some([5; 48])));
    over.insert(key, vec![6; 48]);
    assert_eq!(over.blob_proof(&COMMITMENT), Ok(Some([6; 48])));
    over.hide(key);
    assert_eq!(over.blob_proof(&COMMITMENT), Ok(None));
}

/// An element that was changed must not be covered up by the whole blob underneath.
#[test]
fn d126_an_overlay_hands_out_no_whole_blob_once_an_element_is_changed() {
    /// Has every blob in one piece.
    struct Whole(Memory);
    impl Oracle for Whole {
        type Error = NotFound;
        fn hint(&mut self, _: &hoike_preimage::Hint<'_>) -> Result<(), NotFound> {
            Ok(())
        }
        fn get(&mut self, key: PreimageKey) -> Result<Bytes, NotFound> {
            self.0.get(key)
        }
        fn blob(&mut self, _: &Commitment) -> Result<Option<Blob>, NotFound> {
            Ok(Some(Box::new([3; BLOB_BYTES])))
        }
    }
    let (store, key) = store();
    let mut over = Overlay::new(Whole(store));
    let whole: Blob = Box::new([3; BLOB_BYTES]);
    assert_eq!(
        by_reference(&mut over).blob(&COMMITMENT),
        Ok(Some(whole.clone()))
    );
    // A change elsewhere does no harm.
    over.insert(key, &b"other"[..]);
    assert_eq!(over.blob(&COMMITMENT), Ok(Some(whole)));
    let element = PreimageKey::blob(&COMMITMENT, &roots_of_unity()[7]);
    over.insert(element, vec![1; 32]);
    assert_eq!(over.blob(&COMMITMENT), Ok(None));
}

#[test]
fn a_store_is_made_of_pairs() {
    let key = PreimageKey::local(3);
    let mut store: Memory = [(key, Bytes::from("x"))].into_iter().collect();
    assert_eq!(store.get(key), Ok(Bytes::from("x")));
    assert_eq!(by_reference(&mut store).get(key), Ok(Bytes::from("x")));
    assert_eq!(
        store.get(PreimageKey::local(4)),
        Err(NotFound {
            key: PreimageKey::local(4)
        })
    );
    // Local values are no part of a witness.
    assert_eq!(store.to_witness(), Some(Vec::new()));
}
