//! The month of one treasury, or of one institution there.

use std::collections::BTreeSet;

use crate::domain::ledger::Flow;
use crate::period::{
    CellLine, CorrectionItem, Crossing, Difference, Gross, PayoutLine, PayoutSum, Stock, Transit,
};
use crate::report::audit::{Audit, lists};

/// Money that comes in, refunds deducted, or goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    In,
    Out,
}

impl Moved {
    fn is_of(self, flow: Flow) -> bool {
        (self == Self::Out) == (flow == Flow::Disbursement)
    }
}

/// The month of one treasury, or of one institution there.
pub(super) struct Part<'a> {
    pub(super) cells: Vec<(CellLine, Gross)>,
    pub(super) payouts: Vec<(&'a PayoutLine, &'a PayoutSum)>,
    pub(super) differences: Vec<&'a Difference>,
    pub(super) transits: Vec<&'a Transit>,
    pub(super) corrections: Vec<&'a CorrectionItem>,
    pub(super) stocks: Vec<(&'a str, &'a Stock)>,
}

impl<'a> Part<'a> {
    pub(super) fn of(audit: &Audit<'a>, treasury: &str) -> Self {
        Self::filtered(audit, |of| of == treasury)
    }

    pub(super) fn filtered(audit: &Audit<'a>, is_of: impl Fn(&str) -> bool) -> Self {
        let sums = &audit.period.sums;
        let concerns = |codes: &[&str]| audit.institution.is_none_or(|code| codes.contains(&code));
        Self {
            cells: lists::lines(audit)
                .into_iter()
                .filter(|(line, _)| is_of(&line.treasury) && concerns(&[&line.org]))
                .collect(),
            payouts: sums
                .payouts
                .iter()
                .filter(|(line, _)| is_of(&line.treasury) && concerns(&[&line.unit]))
                .collect(),
            differences: sums
                .differences
                .iter()
                .filter(|item| is_of(&item.treasury) && concerns(&[&item.org, &item.organ, &item.bank]))
                .collect(),
            transits: sums
                .transits
                .iter()
                .filter(|item| is_of(&item.treasury) && concerns(&[&item.org, &item.bank]))
                .collect(),
            corrections: sums
                .corrections
                .iter()
                .filter(|item| is_of(&item.old.treasury) || is_of(&item.new.treasury))
                .filter(|item| concerns(&[&item.old.org, &item.new.org]))
                .collect(),
            stocks: sums
                .stocks
                .iter()
                .filter(|((treasury, _), _)| is_of(treasury) && audit.institution.is_none())
                .map(|((_, account), stock)| (account.as_str(), stock))
                .collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
            && self.payouts.is_empty()
            && self.differences.is_empty()
            && self.transits.is_empty()
            && self.corrections.is_empty()
            && self.stocks.is_empty()
    }

    /// Revenue and refunds, or payouts, that lie across an end of the period in some way.
    pub(super) fn transits_of(&self, of: Moved, is_of: fn(Crossing) -> bool) -> Vec<&'a Transit> {
        let wanted = |item: &&Transit| of.is_of(item.flow) && is_of(item.crossing);
        self.transits.iter().copied().filter(wanted).collect()
    }

    pub(super) fn differences_of(&self, of: Moved) -> Vec<&'a Difference> {
        self.differences.iter().copied().filter(|item| of.is_of(item.flow)).collect()
    }

    /// How many payments differ: one may do so under several lines.
    pub(super) fn differing(&self) -> usize {
        let keys: BTreeSet<_> = self.differences.iter().map(|item| (item.flow, &item.key)).collect();
        keys.len()
    }

    pub(super) fn gross(&self) -> Gross {
        let mut sum = Gross::default();
        for (_, gross) in &self.cells {
            sum.add(*gross);
        }
        sum
    }

    pub(super) fn paid(&self) -> PayoutSum {
        let mut sum = PayoutSum::default();
        for (_, of) in &self.payouts {
            sum.add(**of);
        }
        sum
    }
}
