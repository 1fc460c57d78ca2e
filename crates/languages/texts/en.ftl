### The texts of the payer's pages in English. Every other language has a file with the same messages and arguments.
### To add a language, copy this file, name it after the language (ISO 639-1), and translate every message.
### Messages are plain text: a page escapes them, and adds the elements itself.

## Formats. The numbers and months of a language.

language-name = English
number-group = ,
number-decimal = .
month-name = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
  }
date = { $day } { $month } { $year }
date-time = { $date }, { $time }
percent = { $rate }{" "}%
# The international standard has English names ($name). Another language lists its own by code.
currency-name = { $code ->
   *[other] { $name }
  }

## Every page.

skip-to-content = Skip to the content
error-prefix = Error: { $title }
footer-label = About this service
footer-privacy = Privacy
footer-accessibility = Accessibility
footer-lost = Lost your payment link?
contact-title = Questions?
contact-office = Contact the finance office.
example-account = Example account. Do not send money.

## The fields.

field-school = School
field-school-choose = Choose a school
field-student-id = Student ID
field-student-id-hint = Like { $example }
field-amount = Amount
field-amount-hint = A number, like { $example }
field-currency = Currency
field-name = Your full name
field-email = Your e-mail address
field-sender = Sender’s full name
field-sender-hint = The name on the bank account
field-country = Country
field-country-hint = The country that the money comes from
field-address = Sender’s address
field-address-hint = On one line, like 123 Test St, Boston
field-optional = { $label } (optional)

## The form.

form-title = Pay a school or an invoice
form-intro = After you confirm, you get the bank details for your transfer.
form-purpose = What are you paying for?
form-payer = Who is paying?
form-sender = Someone else sends the money
form-continue = Continue
form-quote = Amount, fee and total
form-quote-empty = The next page shows the fee and the total.
fee = Fee, { $rate }
fee-institution = Fee, { $rate }, paid by the institution
to-pay = To pay

## Errors of the fields.

error-title = There is a problem. This attempt booked nothing.
error-name-missing = Enter your full name
error-email-missing = Enter your e-mail address
error-amount-missing = Enter the amount
error-student-id-missing = Enter the { $label }
error-amount-not-a-number = Enter the amount as a number, like { $example }
error-amount-ambiguous = Write the amount as { $first } or as { $second }
error-amount-group = Write the amount as { $first }
error-amount-not-positive = Enter an amount greater than zero
error-amount-decimals = { $decimals ->
    [0] Enter { $currency } amounts without decimals, like 1850000
   *[other] Enter { $currency } amounts with at most { $decimals } decimals
  }
error-amount-too-large = The amount must be { $limit } or less
error-currency = Choose a currency from the list
error-currency-not-offered = We have no account for { $currency }. Choose another currency.
error-school = Choose a school from the list
error-student-id = Check the { $label }. It looks like { $example }.
error-student-id-no-example = Check the { $label }. It does not have the right form.
error-too-long = { $label }: use at most { $limit } characters
error-hidden-characters = { $label }: remove any hidden characters and repeated accents. They may come from pasted text.
error-card-number = { $label }: remove the card number. We never store card numbers.
error-frozen = { $label } can no longer be changed
error-other = { $label }: check this answer

## Messages above the form.

notice-title = This attempt booked nothing
notice-unknown-title = We do not know yet whether your payment was booked
notice-expired = This form was open for too long. If you have confirmed it before, that payment may be booked: ask the finance office first. Otherwise, check your entries, then confirm again.
notice-rate = Many payments were booked from your network. Wait a minute, then confirm again. Your entries are still below.
notice-storage = The service cannot save new payments right now. Tell the finance office, or confirm again later. Your entries are still below.
notice-busy = Many payments are being booked right now. Wait a moment, then confirm again. Your entries are still below.
notice-unavailable = The service cannot save your payment right now. Wait a moment, then confirm again. Your payment will not be booked twice.
notice-unknown = The service did not confirm your payment in time. Confirm again to find out. Your payment will not be booked twice.
notice-internal = An error occurred. Confirm again. If the error comes back, send the request ID below to the finance office. Your payment will not be booked twice.
request-id = Request ID

## The check before the booking.

check-title = Check your payment
check-intro = Nothing is booked yet.
check-answers = Your answers
check-change = Change
check-confirm = Confirm and get bank details
check-not-given = Not given
check-email-title = Is this e-mail address right?
check-email-suggestion = You entered { $email }. Did you mean { $suggestion }?
check-email-invalid = We cannot send mail to { $email }. Without a valid address, we cannot tell you about your payment.
check-email-use = Use { $suggestion }

## The form was sent twice with different answers.

second-title = You already booked { $reference }
second-title-unknown = This form was already used
second-known = You already booked { $reference } with this form. The details that you sent now are different. Nothing more has been booked. Is this another payment?
second-unknown = A payment was already booked with this form. Nothing more has been booked. If you booked it, use the page with the reference that opened then. If you no longer have that page, contact the finance office. Is this another payment?
second-different = What is different now
second-sent = What you sent now
second-empty = Empty
second-go = No, go to { $reference }
second-close = If this is not another payment, close this page.
second-confirm = Yes, book another payment
second-mistake = If { $reference } has a mistake, do not book another payment. Open { $reference } and choose “Something wrong?”.

## The page of a payment.

payment-title = Payment { $reference }
payment-already-booked = You already booked this payment. Nothing was booked twice.
payment-changed = Your details are saved. This page shows them.
payment-transfer = Please transfer
payment-transfer-rest = Left to pay
payment-due = by { $date }. Send exactly this amount; your bank’s own charges come on top.
payment-due-none = Send exactly this amount; your bank’s own charges come on top.
payment-overdue = It was due by { $date }. Send exactly this amount; your bank’s own charges come on top.
payment-paid = We have received the whole amount. Thank you.
payment-nothing-left = Nothing is left to pay. Thank you.
payment-overpaid = You sent { $excess } too much. We will contact you about it.
payment-cancelled-reason = Cancelled: { $reason }. Do not send any money.
payment-do-not-send = Do not send any money.
payment-held = We have { $amount } of your money and will return it.
payment-released = When it was cancelled, we had { $amount } of your money. To use it or to get it back, contact the finance office.
payment-part = { $received } received, { $left } left to pay.
payment-no-account = The finance office tells you which account to use.
payment-no-account-title = How to pay
payment-live = Updated
bank-title = Enter this in your bank
bank-sepa = SEPA transfer
bank-reference = Payment reference. Copy it exactly: we find your money by it.
bank-holder = To
bank-iban = IBAN
bank-number = Account number
bank-bic = BIC
bank-bank = Bank
bank-amount = Amount
bank-code = Payment code for your bank app
bank-code-hint = Scan this code with your bank app. It fills in the transfer.
copy = Copy
copy-what = Copy { $what }
copied = Copied
status-unpaid = Unpaid
status-part-paid = Part paid
status-paid = Paid
status-overpaid = Overpaid
status-cancelled = Cancelled
timeline-title = Where your payment is
timeline-booked = Booked
timeline-waiting = Waiting for your transfer
timeline-waiting-hint = A transfer usually takes one or two working days.
timeline-received = Received
timeline-part = Received in part
timeline-paid = Paid
timeline-paid-hint = Your confirmation is ready.
timeline-cancelled = Cancelled
timeline-refund-due = Refund due
timeline-refund-sent = Refund sent
timeline-done = done
timeline-current = now
timeline-open = not yet
amounts-title = Amount and fee
amounts-received = Received
amounts-waived = Waived
amounts-left = Left to pay
details-title = Your details
details-wrong = Something wrong?
details-reference = Reference
details-name = Name
details-email = E-mail
details-booked = Booked
keep-title = Keep this page
keep-hint = Anyone who has the link of this page can see it.
keep-mail = Send the link to yourself
keep-mail-subject = Payment { $reference } to { $institution }
keep-mailed = We send mail about this payment to { $email }.
keep-copy = Copy the link
keep-confirmation = Confirmation to print
another-payment = Make another payment
payment-mail-rejected = We could not send mail to { $email }.
hint-email = Check your e-mail address. If it is wrong, choose “Something wrong?”.
hint-duplicate = If you already booked this payment, pay only once.
hint-large = This is a large amount. Check the amount before you pay.

## Correct or withdraw a payment.

wrong-title = Something wrong with { $reference }?
wrong-intro = No money has arrived yet, so you can correct or withdraw this payment.
wrong-correct = Correct it
wrong-currency = To pay in another currency, withdraw this payment and book a new one.
wrong-save = Save the changes
wrong-withdraw = Withdraw it
wrong-withdraw-hint = Withdraw the payment only if you have not sent the money.
wrong-withdraw-button = Withdraw this payment
wrong-withdraw-reason = withdrawn by the payer
wrong-withdraw-title = Withdraw { $reference }?
wrong-withdraw-question = You then cannot pay { $amount } with this reference any more.
wrong-withdraw-meanwhile = The payment has changed while this page was open. The payment was not withdrawn. Check the amount below, then decide again.
wrong-withdraw-keep = No, keep the payment
wrong-too-late-title = This payment can no longer be changed here
wrong-too-late-money = Money has arrived for it. Contact the finance office.
wrong-too-late-cancelled = It is cancelled.
wrong-error-title = There is a problem. Nothing was saved.
wrong-changed-meanwhile = The payment has changed while this page was open. Nothing was saved. Check the details below, then save again.
wrong-not-saved = Nothing was saved. Wait a moment, then try again.
wrong-unknown = The service did not confirm your change in time. We do not know yet whether it was saved.
wrong-unknown-open = Open the payment to find out.
wrong-back = Back to the payment

## A link that does not work, and a new one.

unknown-title = This link does not work
unknown-text = The link is incomplete, or it has expired.
unknown-new = Get a new link
lost-title = Get a new payment link
lost-intro = Enter the reference of your payment and the e-mail address that you booked it with.
lost-reference = Reference
lost-reference-hint = Like REF001 or RF59REF001
lost-reference-error = Enter the reference of your payment, like REF001
lost-error-title = There is a problem. Nothing was sent.
lost-send = Send me a new link
lost-sent-title = Check your e-mail
lost-sent = If the reference and the e-mail address belong to the same payment, a message with its link should arrive soon. If none arrives within an hour, ask again.
lost-wait = Too many requests came from your network or from all visitors together. Wait a few minutes, then try again.
lost-no-mail = This service cannot send e-mail. Contact the finance office to get a new link.

## An error that no form caused.

problem-title = Something went wrong
problem-unavailable = The service is not available right now. Wait a moment, then load this page again.
problem-rate = Too many requests came from your network. Wait a minute, then load this page again.
problem-other = The service could not do this. Go back and try again. If the error comes back, send the request ID below to the finance office.
problem-start = Go to the form

## The confirmation to print.

confirmation-title = Confirmation of payment { $reference }
confirmation-payee = Payee
confirmation-payer = Payer
confirmation-booked = What was booked
confirmation-received = What has arrived
confirmation-nothing = Nothing has arrived yet.
confirmation-status = Status
confirmation-as-of = As of { $time }
confirmation-print = Print

## Privacy and accessibility.

privacy-title = Privacy
privacy-stored = We store what you enter here: your name, your e-mail address, what you pay for and, if you give them, the details of the sender. With each booking and change, we store the IP address and the name of the browser. From the bank statement, we store the account, the name and the text of your transfer. We use all this to receive your payment and to answer your questions.
privacy-browser = Your browser stores two cookies: one for the open form, for 15 minutes, and one for your language. No other site learns about your visit.
privacy-rights = To see, correct or erase your data, contact the finance office.
accessibility-title = Accessibility
accessibility-text = These pages are made to work with a keyboard, a screen reader, large text, without scripts, and on paper. If something does not work for you, contact the finance office.

## Mail.

mail-greeting = Hello { $name },
mail-greeting-nameless = Hello,
mail-booked-subject = Payment { $reference }: { $amount } to { $institution }
mail-booked = Your payment { $reference } to { $institution } is booked. The amount to pay is { $amount }.
mail-booked-due = Transfer it by { $date }, with the payment reference { $reference }.
mail-booked-no-due = Transfer it with the payment reference { $reference }.
mail-booked-link = The bank details are on the page of your payment:
mail-part-subject = Payment { $reference }: { $received } received, { $left } left to pay
mail-part = We have received { $received } for your payment { $reference }. { $left } is left to pay.
mail-part-link = How to pay the rest is on the page of your payment:
mail-paid-subject = Payment { $reference } is paid
mail-paid = We have received { $received } for your payment { $reference } to { $institution }. Nothing is left to pay. Thank you.
mail-paid-link = Your confirmation to print:
mail-taken-back-subject = Payment { $reference }: { $left } left to pay
mail-taken-back = We no longer have all of the money that we told you about for your payment { $reference }. A bank has returned a transfer, or it belongs to another payment. { $left } is left to pay.
mail-cancelled-subject = Payment { $reference } is cancelled
mail-cancelled = Your payment { $reference } to { $institution } is cancelled. Do not send any money.
mail-refund-subject = Payment { $reference }: { $amount } sent back to you
mail-refund = We have sent { $amount } of your payment { $reference } back to you. A transfer usually takes one or two working days.
mail-new-link-subject = Payment { $reference }: your new link
mail-new-link = The page of your payment { $reference } has a new link. The old link no longer works.
mail-page-link = The page of your payment:
mail-changed-since = This payment has changed in the meantime. Its page shows how much is left to pay.
mail-cancelled-since = This payment was cancelled in the meantime. Do not send any money.
mail-link-secret = Anyone who has this link can see the page. Do not forward this message.
mail-contact = Questions? { $contact }
mail-automatic = { $institution } sent this message automatically.
