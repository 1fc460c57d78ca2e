//! CSV files by profile.

use hermes_statements::{Account, CsvProfile, Direction, ReadOptions};

use crate::support::{IBAN, Parts, profile, read_all, read_with, signed_minor};

fn read_by(name: &str, file: &[u8]) -> Result<Parts, String> {
    let options = ReadOptions { csv_profile: Some(profile(name)), ..ReadOptions::default() };
    read_with(file, &options).map_err(|error| error.to_string())
}

const HEADER: &str = "account,currency,booking_date,value_date,amount,balance,bank_id,reversal,charges,name,iban,\
                      creditor_reference,end_to_end_id,text\n";

fn rows(rows: &[(&str, &str)]) -> String {
    let row = |(amount, balance)| format!("{IBAN},EUR,2026-11-23,,{amount},{balance},,,,,,,,text\n");
    HEADER.to_owned() + &rows.iter().copied().map(row).collect::<String>()
}

#[test]
fn semicolons_and_decimal_commas_are_read() {
    let file = "Auftragskonto;Buchungstag;Valutadatum;Verwendungszweck;Beguenstigter/Zahlungspflichtiger;Kontonummer/IBAN;\
                BIC (SWIFT-Code);Betrag;Waehrung;Info\r\n\
                DE89 3704;23.11.26;24.11.26;\"RF59 REF0 01; Zürich\";Müller;DE02;COBADEFF;1.234,56;EUR;Umsatz gebucht\r\n\
                DE89 3704;22.11.26;22.11.26;Gebühr;;;;-5,00;EUR;Umsatz gebucht\r\n";
    let bytes: Vec<u8> = file.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    let parts = read_by("example-semicolon", &bytes).unwrap();
    assert_eq!(parts.headers[0].account.number, "DE893704");
    assert_eq!(parts.lines[0].amount.minor(), 123_456);
    assert_eq!(parts.lines[0].remittance.texts, ["RF59 REF0 01; Zürich"]);
    assert_eq!(parts.lines[0].counterparty.name.as_deref(), Some("Müller"));
    assert_eq!((parts.lines[1].direction, parts.lines[1].amount.minor()), (Direction::Debit, 500));
    assert_eq!(parts.lines[0].booking_date.to_string(), "2026-11-23");
    for amount in ["1.23,56", "12.34", "1,234.56", "1..234,5", "1,234"] {
        let error = read_by("example-semicolon", &replaced(&bytes, b"1.234,56", amount));
        assert!(error.unwrap_err().contains("line 2: the amount"), "{amount}");
    }
}

/// Creates a file with three rows of the given states.
fn states(states: [&str; 3]) -> String {
    let rows = (1..).zip(states).map(|(row, state)| format!("2026-11-23,{row},{state}\n"));
    format!("day,amount,state\n{}", rows.collect::<String>())
}

#[test]
fn rows_that_the_bank_has_not_booked_are_counted_but_are_not_lines() {
    let profile: CsvProfile = toml::from_str(
        "currency = \"EUR\"\nbooked_marks = [\"booked\", \"final\"]\n\
         [columns]\nbooking_date = \"day\"\namount = \"amount\"\nstatus = \"state\"",
    )
    .unwrap();
    let account = Account { number: "ACC1".to_owned() };
    let options =
        ReadOptions { csv_profile: Some(profile), csv_account: Some(account), ..ReadOptions::default() };
    let parts = read_with(states(["pending", "booked", "final"]).as_bytes(), &options).unwrap();
    let amounts: Vec<_> = parts.lines.iter().map(|line| line.amount.minor()).collect();
    assert_eq!((amounts, parts.summaries[0].pending), (vec![200, 300], 1));
    // The day of a pending row may be missing.
    let dateless = states(["pending", "booked", "final"]).replacen("2026-11-23", "", 1);
    assert_eq!(read_with(dateless.as_bytes(), &options).unwrap().lines.len(), 2);
    for (file, message) in [
        (states(["booked", "", "booked"]), "line 3: the field status is missing"),
        (states(["pending", "pending", "PENDING"]), "the file has no booked rows and 3 pending ones"),
        ("day,amount,state\n".to_owned(), "the file has no booked rows and 0 pending ones"),
    ] {
        let error = read_with(file.as_bytes(), &options).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// Replaces the first occurrence of bytes.
fn replaced(file: &[u8], from: &[u8], to: &str) -> Vec<u8> {
    let start = file.windows(from.len()).position(|bytes| bytes == from).unwrap();
    [&file[..start], to.as_bytes(), &file[start + from.len()..]].concat()
}

#[test]
fn marks_give_the_direction() {
    let signed_file = |mark, amount| {
        format!(
            "\"Datum\",\"Naam / Omschrijving\",\"Rekening\",\"Tegenrekening\",\"Af Bij\",\"Bedrag (EUR)\",\"Mededelingen\"\n\
             \"20261123\",\"J. de Boer\",\"NL91\",\"NL92\",\"{mark}\",\"{amount}\",\"REF001\"\n"
        )
    };
    let file = |mark| signed_file(mark, "10,50");
    for (mark, direction) in [("Af", Direction::Debit), ("Bij", Direction::Credit)] {
        let parts = read_by("example-marks", file(mark).as_bytes()).unwrap();
        assert_eq!((parts.lines[0].direction, parts.lines[0].amount.minor()), (direction, 1050));
    }
    // The sign only repeats the mark of a debit. With the mark of a credit, it contradicts it.
    let parts = read_by("example-marks", signed_file("Af", "-10,50").as_bytes()).unwrap();
    assert_eq!((parts.lines[0].direction, parts.lines[0].amount.minor()), (Direction::Debit, 1050));
    let contradiction = read_by("example-marks", signed_file("Bij", "-10,50").as_bytes());
    assert!(contradiction.unwrap_err().contains("the field direction"));
    assert!(read_by("example-marks", file("").as_bytes()).unwrap_err().contains("direction"));
    assert!(read_by("example-marks", file("Credit").as_bytes()).unwrap_err().contains("direction"));
}

#[test]
fn running_balances_detect_missing_and_altered_rows() {
    let good = rows(&[("10.00", "110.00"), ("-5.00", "105.00"), ("1.00", "106.00")]);
    let parts = read_all(good.as_bytes()).unwrap();
    assert_eq!(parts.headers[0].opening.unwrap().minor(), 10_000);
    assert_eq!(parts.summaries[0].closing.unwrap().minor(), 10_600);
    for bad in
        [rows(&[("10.00", "110.00"), ("1.00", "106.00")]), rows(&[("10.00", "110.00"), ("-5.01", "105.00")])]
    {
        let message = read_all(bad.as_bytes()).unwrap_err().to_string();
        assert!(message.contains("line 3: ") && message.contains("missing or altered"), "{message}");
    }
    let newest_first: CsvProfile = toml::from_str(
        "order = \"newest_first\"\n[columns]\naccount = \"account\"\ncurrency = \"currency\"\namount = \"amount\"\n\
         booking_date = \"booking_date\"\nbalance = \"balance\"",
    )
    .unwrap();
    let options = ReadOptions { csv_profile: Some(newest_first), ..ReadOptions::default() };
    let reversed = rows(&[("1.00", "106.00"), ("-5.00", "105.00"), ("10.00", "110.00")]);
    let parts = read_with(reversed.as_bytes(), &options).unwrap();
    assert_eq!(parts.summaries[0].closing.unwrap().minor(), 10_600);
    assert!(read_with(good.as_bytes(), &options).is_err());
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let good = rows(&[("10.00", "110.00")]);
    for (from, to, message) in [
        ("booking_date,", "date,", "the column \"booking_date\" is missing"),
        (",text\n", "\n", "the column \"text\" is missing"),
        ("2026-11-23", "23.11.2026", "line 2: the field date"),
        ("2026-11-23", "-001-11-23", "line 2: the date"),
        ("2026-11-23", "26-11-23", "line 2: the date"),
        ("2026-11-23", "+12026-11-23", "line 2: the date"),
        (",EUR,", ",EURO,", "line 2: the field currency"),
        ("110.00", "", "line 2: the field balance is missing"),
        ("10.00", "ten", "line 2: the amount"),
        ("10.00", "--10", "line 2: the amount"),
    ] {
        let error = read_all(good.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let short = good.clone() + IBAN;
    assert!(
        read_all(short.as_bytes()).unwrap_err().to_string().contains("a row has 1 columns instead of 14")
    );
    let two = good.clone() + &good.lines().nth(1).unwrap().replace(IBAN, "OTHER") + "\n";
    assert!(read_all(two.as_bytes()).unwrap_err().to_string().contains("several accounts"));
    let open = good + "\"" + &"x".repeat(300_000);
    assert!(read_all(open.as_bytes()).unwrap_err().to_string().contains("more than 262144 bytes"));
}

#[test]
fn dates_outside_of_this_century_are_refused() {
    let profile: CsvProfile = toml::from_str(
        "currency = \"EUR\"\ndate_format = \"%d.%m.%Y\"\n\
         [columns]\nbooking_date = \"day\"\namount = \"amount\"\nvalue_date = \"value\"",
    )
    .unwrap();
    let account = Account { number: "ACC1".to_owned() };
    let options =
        ReadOptions { csv_profile: Some(profile), csv_account: Some(account), ..ReadOptions::default() };
    let read = |day, value| {
        let parts = read_with(format!("day,value,amount\n{day},{value},1.00\n").as_bytes(), &options);
        parts.map_err(|error| error.to_string())
    };
    for day in ["01.01.2000", "31.12.2100"] {
        assert!(read(day, "").is_ok(), "{day}");
    }
    for day in ["23.11.26", "23.11.-2026", "31.12.1999", "01.01.2101", "23.11.+12026"] {
        let expected = "line 2: the date \"DAY\" in the column \"day\" is not between the years 2000 and 2100; if its \
                        year has two digits, use %y in date_format";
        assert_eq!(read(day, "").unwrap_err(), expected.replace("DAY", day));
    }
    assert!(read("23.11.2026", "24.11.26").unwrap_err().contains("in the column \"value\""));
    assert!(read("23.13.2026", "").unwrap_err().contains("the field date has the invalid value"));
}

#[test]
fn the_caller_can_name_the_account() {
    let plain: CsvProfile = toml::from_str(
        "currency = \"JPY\"\n[columns]\nbooking_date = \"d\"\ncredit = \"in\"\ndebit = \"out\"",
    )
    .unwrap();
    let file = b"d,in,out\n2026-11-23,500,\n2026-11-23,,20\n2026-11-23,,-30\n2026-11-23,,40-\n\
        2026-11-23,60,0\n2026-11-23,0,70\n";
    let mut options = ReadOptions { csv_profile: Some(plain), ..ReadOptions::default() };
    assert!(read_with(file, &options).unwrap_err().to_string().contains("does not name the account"));
    options.csv_account = Some(Account { number: "ACC1".to_owned() });
    let parts = read_with(file, &options).unwrap();
    let signed: Vec<_> = parts.lines.iter().map(signed_minor).collect();
    assert_eq!(signed, [500, -20, -30, -40, 60, -70]);
}

#[test]
fn profiles_that_contradict_themselves_are_refused() {
    for (text, message) in [
        ("encoding = \"klingon\"", "unknown encoding"),
        ("delimiter = \"§\"", "delimiter"),
        ("decimal_sign = \"x\"", "decimal sign"),
        ("decimal_sign = \".\"\nthousands_sign = \".\"", "thousands sign"),
        ("date_format = \"%d.%m\"", "date format"),
        ("date_format = \"%Q\"", "date format"),
        ("debit_mark = \"D\"", "credit_mark and debit_mark"),
        ("booked_marks = [\"booked\"]", "booked_marks"),
        ("colour = 1", "colour"),
    ] {
        let profile = format!("{text}\n[columns]\nbooking_date = \"d\"\namount = \"a\"");
        let error = toml::from_str::<CsvProfile>(&profile).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    for columns in ["", "credit = \"c\"", "amount = \"a\"\ncredit = \"c\"\ndebit = \"d\""] {
        let error =
            toml::from_str::<CsvProfile>(&format!("[columns]\nbooking_date = \"d\"\n{columns}")).unwrap_err();
        assert!(error.to_string().contains("name either the column amount"), "{error}");
    }
}
