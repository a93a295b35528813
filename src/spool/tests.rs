use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::metrics::Metrics;

struct Fixture {
    folder: tempfile::TempDir,
    metrics: SpoolMetrics,
    spool: Option<Spool>,
    limit: u64,
}

impl Fixture {
    fn new(limit: u64) -> Self {
        let (folder, metrics) = (tempfile::tempdir().unwrap(), Metrics::new().unwrap().activity_spool);
        let mut fixture = Self { folder, metrics, spool: None, limit };
        fixture.reopen();
        fixture
    }

    fn config(&self) -> Config {
        Config { folder: self.folder.path().join("spool"), limit: self.limit }
    }

    /// As after a crash: nothing is closed but the lock.
    fn reopen(&mut self) {
        self.spool = None;
        self.spool = Some(Spool::open(self.config(), self.metrics.clone()).unwrap());
    }

    fn spool(&self) -> &Spool {
        self.spool.as_ref().unwrap()
    }

    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.config().folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
        files.sort();
        files
    }

    fn drain(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(batch) = self.spool().read(100, 1 << 20) {
            all.extend(batch.payloads);
            self.spool().confirm(batch.token);
        }
        all
    }
}

fn payloads(numbers: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    numbers.map(|number| format!("record {number}").into_bytes()).collect()
}

#[test]
fn gives_in_order_what_it_took_and_leaves_nothing_behind() {
    let fixture = Fixture::new(1 << 20);
    assert!(fixture.spool().is_empty());
    for batch in 0..50 {
        assert_eq!(fixture.spool().push(&payloads(batch * 10..batch * 10 + 10)).unwrap(), 0);
    }
    let contents = fixture.spool().contents();
    assert_eq!(contents.records, 500);
    assert_eq!(fixture.metrics.bytes.get(), i64::try_from(contents.bytes).unwrap());
    let first = fixture.spool().read(3, 1 << 20).unwrap();
    assert_eq!(first.payloads, payloads(0..3));
    assert_eq!(fixture.spool().read(3, 1 << 20).unwrap().token, first.token, "not confirmed, so given again");
    assert_eq!(fixture.spool().read(100, 20).unwrap().payloads, payloads(0..2), "bounded by bytes too");
    assert_eq!(fixture.drain(), payloads(0..500));
    assert!(fixture.spool().is_empty() && fixture.files("spool").is_empty());
    assert_eq!((fixture.metrics.spooled.get(), fixture.metrics.drained.get()), (500, 500));
    fixture.spool().push(&payloads(0..1)).unwrap();
    assert_eq!(fixture.drain(), payloads(0..1), "and goes on");
}

#[test]
fn outlives_a_crash_with_a_torn_end() {
    let mut fixture = Fixture::new(1 << 20);
    fixture.spool().push(&payloads(0..100)).unwrap();
    let batch = fixture.spool().read(40, 1 << 20).unwrap();
    fixture.spool().confirm(batch.token);
    let path = fixture.files("spool").remove(0);
    for cut in [1, 5, 9, 15] {
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        fixture.metrics.torn.reset();
        fixture.reopen();
        assert_eq!(fixture.metrics.torn.get(), 1);
        assert_eq!(fixture.spool().contents().records, 99);
        assert_eq!(fixture.metrics.records.get(), 99, "shown from the start");
        fs::write(&path, whole).unwrap();
    }
    // After a crash a segment is read from its beginning, and what comes now goes into another.
    fixture.reopen();
    fixture.spool().push(&payloads(100..110)).unwrap();
    assert_eq!(fixture.drain(), payloads(0..110));
    assert_eq!(fixture.metrics.corrupt.get(), 0);
}

#[test]
fn zeros_that_a_power_cut_leaves_are_a_torn_end() {
    let mut fixture = Fixture::new(1 << 20);
    fixture.spool().push(&payloads(0..5)).unwrap();
    let path = fixture.files("spool").remove(0);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend([0; 4_096]);
    fs::write(&path, bytes).unwrap();
    fs::write(path.with_file_name("00000000000000000009.spool"), [0; 512]).unwrap();
    fixture.reopen();
    assert_eq!(fixture.drain(), payloads(0..5));
    assert!(fixture.files("spool").is_empty() && fixture.files("corrupt").is_empty());
}

#[test]
fn past_its_limit_the_oldest_go_and_are_counted() {
    let fixture = Fixture::new(1 << 20);
    let large = |number: u32| vec![number.to_le_bytes().repeat(5_000)];
    let mut dropped = 0;
    for number in 0..200 {
        dropped += fixture.spool().push(&large(number)).unwrap();
        assert!(fixture.spool().contents().bytes <= 1 << 20);
        let on_disk = fixture.files("spool").iter().map(|path| fs::metadata(path).unwrap().len()).sum::<u64>();
        assert!(on_disk <= 1 << 20, "{on_disk}");
    }
    assert!((145..165).contains(&dropped), "{dropped}");
    assert_eq!(fixture.metrics.dropped.get(), dropped);
    let kept = fixture.drain();
    assert_eq!(kept.len() as u64 + dropped, 200);
    assert_eq!(kept.last(), large(199).last(), "the newest stay");
    // What could never fit is refused and counted, and takes nothing else with it.
    fixture.spool().push(&payloads(0..1)).unwrap();
    assert_eq!(fixture.spool().push(&[vec![1; 2 << 20]]).unwrap(), 1);
    assert_eq!(fixture.drain(), payloads(0..1));
}

#[test]
fn records_being_sent_are_not_counted_as_dropped() {
    let fixture = Fixture::new(1 << 20);
    fixture.spool().push(&payloads(0..10)).unwrap();
    let batch = fixture.spool().read(4, 1 << 20).unwrap();
    let large: Vec<Vec<u8>> = (0..17).map(|_| vec![7; 61_670]).collect();
    assert_eq!(fixture.spool().push(&large).unwrap(), 6, "4 of the 10 are in the sender's hands");
    fixture.spool().confirm(batch.token);
    assert_eq!(fixture.drain(), large, "and confirming them touches nothing else");
}

#[test]
fn a_damaged_segment_gives_what_it_can_and_is_set_aside() {
    let mut fixture = Fixture::new(1 << 20);
    fixture.spool().push(&payloads(0..100)).unwrap();
    let path = fixture.files("spool").remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(9).position(|window| window == b"record 50").unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    fs::write(path.with_file_name("00000000000000000005.spool"), "something else altogether").unwrap();
    fixture.reopen();
    fixture.spool().push(&payloads(100..101)).unwrap();
    assert_eq!(fixture.drain(), [payloads(0..50), payloads(51..101)].concat());
    assert_eq!((fixture.files("spool").len(), fixture.files("corrupt").len()), (0, 2));
    assert_eq!(fixture.metrics.corrupt.get(), 2);
    assert_eq!(fixture.metrics.torn.get(), 0);
    for number in 20..30 {
        fs::write(path.with_file_name(format!("{number:020}.spool")), "something else altogether").unwrap();
    }
    fixture.reopen();
    assert_eq!(fixture.files("corrupt").len(), CORRUPT_KEPT, "only the newest are kept");
}

#[test]
fn damage_while_running_is_met_too() {
    let fixture = Fixture::new(1 << 20);
    fixture.spool().push(&payloads(0..10)).unwrap();
    fs::write(fixture.files("spool").remove(0), "gone").unwrap();
    assert_eq!(fixture.spool().read(10, 1 << 20).map(|batch| batch.payloads), None);
    fixture.spool().push(&payloads(10..20)).unwrap();
    fs::remove_file(fixture.files("spool").remove(0)).unwrap();
    fixture.spool().push(&payloads(20..30)).unwrap();
    assert_eq!(fixture.drain(), Vec::<Vec<u8>>::new(), "the file that was taken away held them all");
    fixture.spool().push(&payloads(30..40)).unwrap();
    assert_eq!(fixture.drain(), payloads(30..40));
}

#[test]
fn one_process_at_a_time() {
    let fixture = Fixture::new(1 << 20);
    let error = Spool::open(fixture.config(), fixture.metrics.clone()).unwrap_err();
    assert!(matches!(error, SpoolError::InUse { .. }));
    assert!(error.to_string().contains("data_dir of its own"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_a_clear_refusal() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config = Config { folder: file.path().join("spool"), limit: 1 << 20 };
    let error = Spool::open(config, Metrics::new().unwrap().activity_spool).unwrap_err();
    assert!(error.to_string().contains("cannot use the spool") && error.to_string().contains("data_dir"), "{error}");
}

proptest! {
    /// Whatever a disk makes of a segment, opening and draining neither fail nor invent a record.
    #[test]
    fn any_bytes_are_survived(junk in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..400, length in 0_usize..400) {
        let mut fixture = Fixture::new(1 << 20);
        fixture.spool().push(&payloads(0..20)).unwrap();
        let path = fixture.files("spool").remove(0);
        let mut bytes = fs::read(&path).unwrap();
        let at = at.min(bytes.len());
        bytes.splice(at..(at + junk.len()).min(bytes.len()), junk);
        bytes.truncate(bytes.len().min(length + 16));
        fs::write(&path, bytes).unwrap();
        fixture.reopen();
        let all = payloads(0..20);
        for payload in fixture.drain() {
            prop_assert!(all.contains(&payload));
        }
        prop_assert!(fixture.spool().is_empty());
    }
}
