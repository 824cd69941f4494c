//! The real claim in the repository, its witness being in memory.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hoike_benches::{Mode, example, judge};

criterion_group!(benches, claim);
criterion_main!(benches);

fn claim(c: &mut Criterion) {
    let folder = example();
    let mut group = c.benchmark_group("claim");
    group.sample_size(10);
    for &mode in Mode::ALL {
        group.bench_function(mode.to_string(), |b| {
            let witness = || folder.witness.clone();
            b.iter_batched(
                witness,
                |witness| judge(mode, &folder, witness),
                BatchSize::LargeInput,
            );
        });
    }
}
