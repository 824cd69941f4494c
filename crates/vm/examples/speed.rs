//! How fast programs run on cannon, and how fast their memory is hashed.
//!
//! ```sh
//! cargo run --release -p hoike-vm --example speed -- <program.elf or .elf.zst>...
//! ```

use hoike_vm::{
    Machine, Memory, Void,
    cannon::{Cannon, Version},
};
use std::{env, fs, time::Instant};

fn main() {
    for path in env::args().skip(1) {
        let mut file = fs::read(&path).expect("a file");
        if path.ends_with(".zst") {
            file = zstd::decode_all(&file[..]).expect("a zstd file");
        }
        let mut best = f64::MAX;
        let mut steps = 0;
        for _ in 0..5 {
            let (mut cannon, _) =
                Cannon::load_elf(&file, Version::Multithreaded64V5).expect("a program");
            let begun = Instant::now();
            let outcome = cannon.run(u64::MAX, false, &mut Void);
            best = best.min(begun.elapsed().as_secs_f64());
            steps = cannon.steps();
            if let Err(why) = outcome {
                println!("{path}: ends at step {steps}: {why}");
            }
        }
        let rate = steps as f64 / best / 1e6;
        println!("{path}: {steps} steps in {best:.4} s, {rate:.0} M/s");
    }
    let mut memory = Memory::default();
    for number in 0..80 << 8 {
        let page = std::array::from_fn(|at| (at as u64 * 7 + number) as u8 | 1);
        memory.set_page(number, &page);
    }
    let begun = Instant::now();
    memory.root();
    println!("80 MiB hashed in {:.3} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    for number in 0..100 {
        memory.set_word(number << 12, [0; 8]);
    }
    memory.root();
    println!(
        "100 changed pages in {:.1} us",
        begun.elapsed().as_secs_f64() * 1e6
    );
}
