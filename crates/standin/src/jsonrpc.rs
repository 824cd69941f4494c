//! JSON-RPC 2.0: single calls and batches.

use crate::{
    faults::{Chosen, Fault},
    lies,
    methods::{Answer, Node, RpcError},
};
use serde_json::{Value, json};

/// What was asked.
#[derive(Debug)]
pub(crate) struct Request {
    calls: Vec<Result<Call, RpcError>>,
    is_batch: bool,
}

#[derive(Clone, Debug)]
struct Call {
    id: Value,
    method: String,
    params: Vec<Value>,
}

impl Request {
    /// Reads a body.
    pub(crate) fn parse(body: &[u8], max_batch: usize) -> Result<Self, RpcError> {
        let value: Value = serde_json::from_slice(body).map_err(|_| RpcError {
            code: -32700,
            message: "parse error".into(),
        })?;
        let refused = |message: &str| RpcError {
            code: -32600,
            message: message.into(),
        };
        match value {
            Value::Array(_) if max_batch == 0 => Err(refused("batch requests are not supported")),
            Value::Array(all) if all.is_empty() => Err(refused("empty batch")),
            Value::Array(all) if all.len() > max_batch => Err(refused("batch too large")),
            Value::Array(all) => Ok(Self {
                calls: all.into_iter().map(call).collect(),
                is_batch: true,
            }),
            one => Ok(Self {
                calls: vec![call(one)],
                is_batch: false,
            }),
        }
    }

    /// The methods that are called.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().flatten().map(|call| call.method.as_str())
    }

    /// Methods and parameters, without ids: the same for the same question.
    pub(crate) fn question(&self) -> Vec<u8> {
        let calls = self.calls.iter().flatten();
        let parts = calls.map(|call| format!("{}{}", call.method, json!(call.params)));
        parts.collect::<Vec<_>>().join("\n").into_bytes()
    }

    /// The body of the response, and whether the lie, if there is to be one, has made it another one.
    pub(crate) fn answer(&self, node: &Node<'_>, lie: Option<Chosen>) -> (String, bool) {
        let mut answers: Vec<Answer> = self.calls.iter().map(|call| perform(node, call)).collect();
        let mut lied = false;
        if let Some(lie) = lie {
            // From a chosen one on, the first that can be lied about.
            let count = answers.len();
            for offset in 0..count {
                let index = ((lie.draw as usize >> 8) + offset) % count;
                let other = untrue(node, &self.calls[index], &answers[index], lie);
                if let Some(other) = other.filter(|other| *other != answers[index]) {
                    answers[index] = other;
                    lied = true;
                    break;
                }
            }
        }
        let replies: Vec<String> = self
            .calls
            .iter()
            .zip(&answers)
            .map(|(call, answer)| {
                reply(call.as_ref().map_or(&Value::Null, |call| &call.id), answer)
            })
            .collect();
        let body = match self.is_batch {
            true => format!("[{}]", replies.join(",")),
            false => replies.concat(),
        };
        (body, lied)
    }
}

/// The body of a response to what is no request.
pub(crate) fn refusal(error: RpcError) -> String {
    reply(&Value::Null, &Err(error))
}

fn perform(node: &Node<'_>, call: &Result<Call, RpcError>) -> Answer {
    let call = call.as_ref().map_err(Clone::clone)?;
    node.call(&call.method, &call.params)
}

fn untrue(
    node: &Node<'_>,
    call: &Result<Call, RpcError>,
    answer: &Answer,
    lie: Chosen,
) -> Option<Answer> {
    let call = call.as_ref().ok()?;
    match lie.kind {
        Fault::Null => answer.as_ref().ok().map(|_| Ok("null".into())),
        Fault::WrongDigit => {
            let text = lies::wrong_digit(answer.as_ref().ok()?, lie.draw)?;
            Some(Ok(text.into()))
        }
        Fault::Fork => Some(Ok(lies::fork(answer.as_ref().ok()?)?.into())),
        Fault::OtherBlock => {
            let place = match call.method.as_str() {
                "eth_getProof" => 2,
                "eth_getCode" => 1,
                method if TAKES_A_BLOCK.contains(&method) => 0,
                _ => return None,
            };
            let mut params = call.params.clone();
            let block = node.block(params.get(place)?).ok()??;
            params[place] = json!(block.header.parent_hash);
            Some(node.call(&call.method, &params))
        }
        Fault::OldHead => {
            let behind = Node {
                head: node.behind(1 + (lie.draw >> 16) % 5),
                ..*node
            };
            Some(behind.call(&call.method, &call.params))
        }
        _ => None,
    }
}

const TAKES_A_BLOCK: [&str; 7] = [
    "eth_getBlockByHash",
    "eth_getBlockByNumber",
    "eth_getBlockReceipts",
    "debug_getRawHeader",
    "debug_getRawBlock",
    "debug_getRawReceipts",
    "debug_executionWitness",
];

fn call(value: Value) -> Result<Call, RpcError> {
    let invalid = || RpcError {
        code: -32600,
        message: "invalid request".into(),
    };
    let Value::Object(mut fields) = value else {
        return Err(invalid());
    };
    let Some(Value::String(method)) = fields.remove("method") else {
        return Err(invalid());
    };
    let params = match fields.remove("params") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(params)) => params,
        Some(_) => return Err(invalid()),
    };
    Ok(Call {
        id: fields.remove("id").unwrap_or_default(),
        method,
        params,
    })
}

fn reply(id: &Value, answer: &Answer) -> String {
    match answer {
        Ok(result) => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}"),
        Err(RpcError { code, message }) => {
            let error = json!({ "code": code, "message": message });
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}")
        }
    }
}
