//! `GET …/code.svg`: the QR code with which a bank app fills in the transfer.

use std::fmt::Write as _;

use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use fast_qr::{ECL, QRBuilder, QRCode};
use hermes_domain::payment_code;

use super::{NO_INDEX, PagePath, find_by_link};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// The light border around the code, in modules (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// Shows the code while something is due on an account that has one.
#[get("/payment/{reference}/{secret}/code.svg", wrap = "Compress::default()")]
pub async fn payment_code_image(state: web::Data<AppState>, path: PagePath) -> Result<HttpResponse, Problem> {
    let missing = || Problem::new(ProblemCode::NotFound);
    let payment = find_by_link(&state, &path).await?.ok_or_else(missing)?;
    let outstanding = payment.amount_outstanding();
    let account = state.rules.institution.account_for(outstanding.currency()).ok_or_else(missing)?;
    let payload = payment_code(account, outstanding, &payment.reference.creditor_reference());
    let payload = payload.ok_or_else(missing)?;
    // The guideline prescribes error correction level M.
    let code = QRBuilder::new(payload).ecl(ECL::M).build();
    let code = code.map_err(|error| Problem::new(ProblemCode::Internal).caused_by(format!("{error:?}")))?;
    Ok(HttpResponse::Ok().content_type("image/svg+xml").insert_header(NO_INDEX).body(svg(&code)))
}

/// Draws a code: black on white in every colour scheme, one path with a rectangle for each run of dark modules.
fn svg(code: &QRCode) -> String {
    let side = code.size + 2 * QUIET_ZONE;
    let mut path = String::new();
    for row in 0..code.size {
        let mut start = None;
        // One more column ends the last run.
        for column in 0..=code.size {
            let is_dark = column < code.size && is_dark(code, row, column);
            match start {
                None if is_dark => start = Some(column),
                Some(first) if !is_dark => {
                    let (x, y, width) = (first + QUIET_ZONE, row + QUIET_ZONE, column - first);
                    // Writing to a text cannot fail.
                    let _ = write!(path, "M{x} {y}h{width}v1h-{width}z");
                    start = None;
                }
                None | Some(_) => {}
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    )
}

fn is_dark(code: &QRCode, row: usize, column: usize) -> bool {
    code.data.get(row * code.size + column).is_some_and(|module| module.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_every_dark_module_inside_the_quiet_zone() {
        let code = QRBuilder::new("BCD\n002\n1\nSCT").ecl(ECL::M).build().unwrap();
        let svg = svg(&code);
        let dark = (0..code.size).flat_map(|row| (0..code.size).map(move |column| (row, column)));
        let dark = dark.filter(|(row, column)| is_dark(&code, *row, *column)).count();
        // The first rectangle is the white ground.
        let rectangles = svg.split('M').skip(2).map(|part| part.split(['h', 'v']).nth(1).unwrap());
        let drawn: usize = rectangles.map(|width| width.parse::<usize>().unwrap()).sum();
        assert_eq!(drawn, dark);
        // The finder pattern in the corner starts after the quiet zone.
        assert!(svg.contains("<path d=\"M4 4h7v1h-7z"), "{svg}");
    }
}
