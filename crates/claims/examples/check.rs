use hoike_claims::*;
use hoike_executor::PureRust;
use hoike_preimage::Trusted;
use hoike_program::*;
struct Log(bool);
impl hoike_derive::Sink for Log {
    fn event(&mut self, e: hoike_derive::Event) {
        if self.0 {
            println!("{e:?}")
        }
    }
}
impl Watch for Log {
    fn executed(
        &mut self,
        _a: &hoike_protocol::Attributes,
        o: &Result<hoike_executor::Executed, hoike_executor::InvalidPayload>,
    ) {
        if self.0 {
            match o {
                Ok(e) => println!(
                    "built {} {} gas {} root {}",
                    e.header.number,
                    e.header.hash(),
                    e.header.gas_used,
                    e.header.state_root
                ),
                Err(e) => println!("invalid {e}"),
            }
        }
    }
}
fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let one: Option<usize> = if args[0] == "-c" {
        args.remove(0);
        Some(args.remove(0).parse().unwrap())
    } else {
        None
    };
    let (mut good, mut bad) = (0, 0);
    for a in &args {
        let f = match Folder::read(a.as_ref()) {
            Ok(f) => f,
            Err(e) => {
                println!("{a}: {e}");
                bad += 1;
                continue;
            }
        };
        let (mut g, mut b) = (0, 0);
        let mut first = String::new();
        for (i, c) in f.claims.iter().enumerate() {
            if one.is_some_and(|n| n != i) {
                continue;
            }
            let r = run(
                &c.boot(&f.rules),
                &mut Trusted::assume_checked_by_vm(f.witness.clone()),
                &mut PureRust,
                &mut Log(one.is_some()),
            );
            let ok = match (&r, c.expected) {
                (Ok(o), Some(Expected::Valid)) => o.verdict == Verdict::Valid,
                (Ok(o), Some(Expected::Invalid)) => o.verdict != Verdict::Valid,
                _ => false,
            };
            if ok {
                g += 1
            } else {
                b += 1;
                if first.is_empty() {
                    first = format!(
                        "claim {i}: {} expected {:?} note {:?}",
                        match &r {
                            Ok(o) => format!("{o:?}"),
                            Err(e) => e.to_string(),
                        },
                        c.expected,
                        c.note
                    )
                }
            }
            if one.is_some() {
                println!("{r:?}")
            }
        }
        println!(
            "{:<28} {g} good {b} bad {}",
            f.name,
            first.chars().take(330).collect::<String>()
        );
        good += g;
        bad += b;
    }
    println!("TOTAL {good} good {bad} bad");
}
