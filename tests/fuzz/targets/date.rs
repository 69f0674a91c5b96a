//! Dates, moments and times of day, and the numbers spreadsheets have for them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use treasury_recon::ledger::cell;
use treasury_recon::ledger::serial::{self, DateSystem};

fuzz_target!(init: fuzz::prepare(fuzz::SMALL), |text: &str| {
    let text = &*cell::clean(text);
    for dates in [DateSystem::From1900, DateSystem::From1904] {
        let date = cell::date_in(text, dates).ok();
        let moment = cell::moment_in(text, dates).ok();
        let time = cell::time_in(text, dates).ok();
        if let Some(date) = date {
            assert_eq!(cell::date_in(&date.to_string(), dates), Ok(date));
            assert!(moment.is_none_or(|moment| moment.date == date), "{text:?}: {date} and {moment:?}");
        }
        if let Some(moment) = moment {
            assert_eq!(cell::moment_in(&moment.to_string(), dates), Ok(moment));
            assert_eq!(date, Some(moment.date), "{text:?}: a moment is a date too");
            // 93000 is a time that lost its zero before it is a day.
            let is_time = text.len() == 5 && time.is_some_and(|(day, _)| day.is_none());
            let same = Some((Some(moment.date), moment.time));
            assert!(is_time || time == same, "{text:?}: a moment is a time too");
        }
        if let Some((None, Some(time))) = time {
            assert_eq!(cell::time_in(&time.to_string(), dates), Ok((None, Some(time))));
        }
        if let Some(moment) = serial::serial_moment(text, dates) {
            assert_eq!(cell::moment(&moment.to_string()), Ok(moment));
        }
    }
    let _ = serial::duration(text);
    if let Some(moment) = serial::iso_moment(text) {
        // Beyond four digits a year has a sign, which no ledger writes.
        let is_usual = moment.to_string().as_bytes()[0].is_ascii_digit();
        assert!(!is_usual || cell::moment(&moment.to_string()) == Ok(moment), "{text:?}: {moment}");
    }
});
