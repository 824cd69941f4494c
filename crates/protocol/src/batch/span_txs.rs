//! The transactions of a span batch: one row across its columns each. Spec: `delta/span-batches.md`, "Span batch format", `txs`.

use super::{RlpFault, SpanFault, SpanTxFault, bits::Bits, rlp, varint};
use alloc::vec::Vec;

/// What [`Row::put_transaction`] may add to the bytes of a transaction's data: headers, chain id, nonce, gas, recipient, signature.
pub(super) const TX_OVERHEAD: usize = 9 + 9 + 9 + 9 + 21 + 10 + 33 + 33;

/// Spec: `delta/span-batches.md`, "Span Batch Size Limits". The header counts, the type byte before it does not (D153).
const MAX_TX_PAYLOAD: usize = 10_000_000;

/// The columns of a batch that has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) creations: Bits<'a>,
    pub(super) parities: Bits<'a>,
    pub(super) signatures: &'a [u8],
    pub(super) tos: &'a [u8],
    pub(super) datas: &'a [u8],
    pub(super) nonces: &'a [u8],
    pub(super) gases: &'a [u8],
    pub(super) protected: Bits<'a>,
}

/// Where in the columns a row starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RowPosition {
    index: usize,
    /// Number of recipients before.
    tos: usize,
    /// Offset into the column, as the following two.
    pub(super) data: usize,
    nonce: usize,
    gas: usize,
    /// Number of legacy transactions before.
    legacies: usize,
}

impl RowPosition {
    pub(super) const FIRST: Self = Self {
        index: 0,
        tos: 0,
        data: 0,
        nonce: 0,
        gas: 0,
        legacies: 0,
    };
}

impl<'a> Rows<'a> {
    /// The row at a position, which moves to the next one. `None` past the end.
    pub(super) fn next(&self, at: &mut RowPosition) -> Option<Row<'a>> {
        let row = *at;
        let (data, nonce, gas) = self.advance(at)?;
        Some(Row {
            columns: *self,
            at: row,
            data,
            nonce,
            gas,
        })
    }

    /// Moves a position over `count` rows. `None` past the end.
    pub(super) fn skip(&self, at: &mut RowPosition, count: u64) -> Option<()> {
        for _ in 0..count {
            self.advance(at)?;
        }
        Some(())
    }

    /// What of a row is of variable length: data, nonce, gas.
    #[inline]
    fn advance(&self, at: &mut RowPosition) -> Option<(TxData<'a>, u64, u64)> {
        let mut datas = self.datas.get(at.data..)?;
        let data = split_tx_data(&mut datas).ok()?;
        let mut nonces = self.nonces.get(at.nonce..)?;
        let nonce = varint::split(&mut nonces).ok()?;
        let mut gases = self.gases.get(at.gas..)?;
        let gas = varint::split(&mut gases).ok()?;
        let is_creation = self.creations.get(at.index);
        *at = RowPosition {
            index: at.index.saturating_add(1),
            tos: at.tos.saturating_add(usize::from(!is_creation)),
            data: self.datas.len().saturating_sub(datas.len()),
            nonce: self.nonces.len().saturating_sub(nonces.len()),
            gas: self.gases.len().saturating_sub(gases.len()),
            legacies: at
                .legacies
                .saturating_add(usize::from(data.has_protected_bit())),
        };
        Some((data, nonce, gas))
    }

    /// See [`SpanBatch::post_exec_slots_clear`](super::SpanBatch::post_exec_slots_clear).
    pub(super) fn all_post_exec_slots_clear(&self, count: usize) -> bool {
        let mut at = RowPosition::FIRST;
        (0..count).map_while(|_| self.next(&mut at)).all(|row| {
            TxKind::of(row.data.first) != Some(TxKind::PostExec)
                || (row.nonce == 0
                    && row.gas == 0
                    && row.is_creation()
                    && !row.parity()
                    && row.signature_half(0).is_empty()
                    && row.signature_half(1).is_empty())
        })
    }
}

/// One transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    columns: Rows<'a>,
    at: RowPosition,
    data: TxData<'a>,
    nonce: u64,
    gas: u64,
}

impl<'a> Row<'a> {
    /// Appends the transaction, EIP-2718 encoded.
    ///
    /// RLP that has been read strictly encodes to the same bytes again, so what is in the data is copied: `value, fees.., data, lists..`, of which
    /// the value moves behind the recipient.
    pub(super) fn put_transaction(&self, chain_id: u64, out: &mut Vec<u8>) {
        let Some(kind) = TxKind::of(self.data.first) else {
            return;
        };
        let (fee_count, type_byte) = match kind {
            TxKind::Legacy => (1, None),
            TxKind::AccessList => (1, Some(1)),
            TxKind::DynamicFee => (2, Some(2)),
            TxKind::SetCode => (2, Some(4)),
            TxKind::PostExec => {
                out.push(self.data.first);
                out.extend_from_slice(self.data.list);
                return;
            }
        };
        let mut tail = self.data.payload;
        let value = encoded_elements(&mut tail, 1);
        let fees = encoded_elements(&mut tail, fee_count);
        let (nonce, gas) = (self.nonce.to_be_bytes(), self.gas.to_be_bytes());
        let (nonce, gas) = (
            rlp::without_leading_zeros(&nonce),
            rlp::without_leading_zeros(&gas),
        );
        let chain = chain_id.to_be_bytes();
        let chain = rlp::without_leading_zeros(&chain);
        let to = self.to().unwrap_or_default();
        let v = self.v(kind, chain_id).to_be_bytes();
        let v = rlp::without_leading_zeros(&v);
        let (r, s) = (self.signature_half(0), self.signature_half(1));

        let integers = [nonce, gas, v, r, s].map(rlp::integer_len);
        let chain_len = if type_byte.is_some() {
            rlp::integer_len(chain)
        } else {
            0
        };
        let copied = [value.len(), fees.len(), tail.len(), to.len(), 1, chain_len];
        let len = integers
            .into_iter()
            .chain(copied)
            .fold(0usize, usize::saturating_add);

        out.extend(type_byte);
        rlp::put_list_header(out, len);
        if type_byte.is_some() {
            rlp::put_integer(out, chain);
        }
        rlp::put_integer(out, nonce);
        out.extend_from_slice(fees);
        rlp::put_integer(out, gas);
        out.push(if to.is_empty() { 0x80 } else { 0x94 });
        out.extend_from_slice(to);
        out.extend_from_slice(value);
        out.extend_from_slice(tail);
        rlp::put_integer(out, v);
        rlp::put_integer(out, r);
        rlp::put_integer(out, s);
    }

    /// The signature's `v`: the parity, except for legacy transactions. Spec: EIP-155; `delta/span-batches.md`, `protected_bits` (D29).
    fn v(&self, kind: TxKind, chain_id: u64) -> u128 {
        let parity = u128::from(self.parity());
        match kind {
            TxKind::Legacy if self.columns.protected.get(self.at.legacies) => u128::from(chain_id)
                .saturating_mul(2)
                .saturating_add(35)
                .saturating_add(parity),
            TxKind::Legacy => parity.saturating_add(27),
            TxKind::AccessList | TxKind::DynamicFee | TxKind::SetCode | TxKind::PostExec => parity,
        }
    }

    fn is_creation(&self) -> bool {
        self.columns.creations.get(self.at.index)
    }

    fn parity(&self) -> bool {
        self.columns.parities.get(self.at.index)
    }

    fn to(&self) -> Option<&'a [u8]> {
        if self.is_creation() {
            None
        } else {
            cell(self.columns.tos, self.at.tos, 20)
        }
    }

    /// `r` (0) or `s` (1), as an integer without leading zeros.
    fn signature_half(&self, half: usize) -> &'a [u8] {
        let index = self.at.index.saturating_mul(2).saturating_add(half);
        rlp::without_leading_zeros(cell(self.columns.signatures, index, 32).unwrap_or_default())
    }
}

/// The types of transaction that a span batch can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TxKind {
    Legacy,
    AccessList,
    DynamicFee,
    /// From Isthmus, which is checked where the block's time is known. Spec: `isthmus/derivation.md`, "Span Batch Updates".
    SetCode,
    /// From Lagoon, likewise.
    PostExec,
}

impl TxKind {
    /// By the first byte of the transaction's data: a type, or the header of a legacy transaction's list.
    const fn of(first: u8) -> Option<Self> {
        match first {
            0xc0..=0xff => Some(Self::Legacy),
            1 => Some(Self::AccessList),
            2 => Some(Self::DynamicFee),
            4 => Some(Self::SetCode),
            0x7d => Some(Self::PostExec),
            _ => None,
        }
    }
}

/// An element of the column of transaction data.
#[derive(Clone, Copy, Debug)]
pub(super) struct TxData<'a> {
    /// The first byte: see [`TxKind::of`].
    pub(super) first: u8,
    /// The list that follows the type, or that is a legacy transaction.
    list: &'a [u8],
    /// The list without its header.
    payload: &'a [u8],
}

impl TxData<'_> {
    /// A literal type 0 counts as legacy here, though no transaction can be made of it (D193).
    const fn has_protected_bit(&self) -> bool {
        matches!(self.first, 0 | 0xc0..=0xff)
    }
}

/// Splits an element off the front of the column of transaction data.
#[inline]
pub(super) fn split_tx_data<'a>(input: &mut &'a [u8]) -> Result<TxData<'a>, SpanFault> {
    let (&first, after) = input.split_first().ok_or(SpanFault::Truncated)?;
    let whole = if first < 0x80 { after } else { *input };
    let mut rest = whole;
    let item = rlp::split(&mut rest)?;
    if !item.is_list {
        return Err(SpanFault::NotAList);
    }
    let list = consumed(whole, rest);
    if list.len() > MAX_TX_PAYLOAD {
        return Err(SpanFault::PayloadTooLong);
    }
    *input = rest;
    Ok(TxData {
        first,
        list,
        payload: item.payload,
    })
}

/// What one pass over the transaction data finds out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Survey {
    /// Number of protected bits that follow.
    pub(super) legacy_count: usize,
    pub(super) has_post_exec: bool,
    /// The first transaction that cannot be rebuilt. Costs this batch only, if the columns after this one can be read.
    pub(super) fault: Option<(usize, SpanTxFault)>,
}

/// Passes over the column of transaction data and checks every one of `count`, building nothing.
///
/// # Errors
/// What keeps the columns after this one from being found.
pub(super) fn survey(
    input: &mut &[u8],
    count: usize,
    creations: Bits<'_>,
) -> Result<Survey, SpanFault> {
    let mut survey = Survey {
        legacy_count: 0,
        has_post_exec: false,
        fault: None,
    };
    for index in 0..count {
        let data = split_tx_data(input)?;
        survey.legacy_count = survey
            .legacy_count
            .saturating_add(usize::from(data.has_protected_bit()));
        let checked = match TxKind::of(data.first) {
            Some(TxKind::SetCode) if creations.get(index) => Err(SpanTxFault::MissingTo),
            Some(TxKind::PostExec) => {
                survey.has_post_exec = true;
                Ok(())
            }
            Some(kind) => check_payload(kind, data.payload).map_err(SpanTxFault::Rlp),
            None => Err(SpanTxFault::UnknownType(data.first)),
        };
        if let (None, Err(why)) = (survey.fault, checked) {
            survey.fault = Some((index, why));
        }
    }
    Ok(survey)
}

/// Checks the elements of a transaction's list: value, gas price or the two fees, data, access list, authorizations.
///
/// Integers of set-code transactions have 256 bits at most, those of the older types any length: op-node holds them in big integers.
fn check_payload(kind: TxKind, payload: &[u8]) -> Result<(), RlpFault> {
    let (integer_max, integers, has_access_list, has_authorizations) = match kind {
        TxKind::Legacy => (usize::MAX, 2, false, false),
        TxKind::AccessList => (usize::MAX, 2, true, false),
        TxKind::DynamicFee => (usize::MAX, 3, true, false),
        TxKind::SetCode => (32, 3, true, true),
        // Opaque.
        TxKind::PostExec => return Ok(()),
    };
    let mut fields = payload;
    for _ in 0..integers {
        rlp::integer(&mut fields, integer_max)?;
    }
    rlp::string(&mut fields)?;
    if has_access_list {
        check_access_list(rlp::list(&mut fields)?)?;
    }
    if has_authorizations {
        check_authorizations(rlp::list(&mut fields)?)?;
    }
    rlp::end(fields)
}

/// Spec: EIP-2930, pairs of an address and a list of storage keys.
fn check_access_list(mut list: &[u8]) -> Result<(), RlpFault> {
    while !list.is_empty() {
        let mut entry = rlp::list(&mut list)?;
        rlp::fixed::<20>(&mut entry)?;
        let mut keys = rlp::list(&mut entry)?;
        while !keys.is_empty() {
            rlp::fixed::<32>(&mut keys)?;
        }
        rlp::end(entry)?;
    }
    Ok(())
}

/// Spec: EIP-7702, chain id, address, nonce, y-parity (any byte), r, s.
fn check_authorizations(mut list: &[u8]) -> Result<(), RlpFault> {
    while !list.is_empty() {
        let mut entry = rlp::list(&mut list)?;
        rlp::integer(&mut entry, 32)?;
        rlp::fixed::<20>(&mut entry)?;
        rlp::integer(&mut entry, 8)?;
        rlp::integer(&mut entry, 1)?;
        rlp::integer(&mut entry, 32)?;
        rlp::integer(&mut entry, 32)?;
        rlp::end(entry)?;
    }
    Ok(())
}

/// The first elements of a list as they are encoded.
fn encoded_elements<'a>(list: &mut &'a [u8], count: usize) -> &'a [u8] {
    let whole = *list;
    for _ in 0..count {
        if rlp::split(list).is_err() {
            break;
        }
    }
    consumed(whole, list)
}

/// What of `whole` comes before `rest`, its end.
fn consumed<'a>(whole: &'a [u8], rest: &[u8]) -> &'a [u8] {
    whole
        .get(..whole.len().saturating_sub(rest.len()))
        .unwrap_or_default()
}

fn cell(column: &[u8], index: usize, size: usize) -> Option<&[u8]> {
    let start = index.checked_mul(size)?;
    column.get(start..start.checked_add(size)?)
}
