### Los textos de las páginas para pagadores, en español. Los mensajes y sus argumentos son los de en.ftl.

## Formatos.

language-name = Español
number-group = .
number-decimal = ,
month-name = { $month ->
    [1] ene
    [2] feb
    [3] mar
    [4] abr
    [5] may
    [6] jun
    [7] jul
    [8] ago
    [9] sep
    [10] oct
    [11] nov
   *[12] dic
  }
date = { $day } { $month } { $year }
date-time = { $date }, { $time }
percent = { $rate }{" "}%
currency-name = { $code ->
    [AED] dírham de los Emiratos Árabes Unidos
    [ARS] peso argentino
    [AUD] dólar australiano
    [BOB] boliviano
    [BRL] real brasileño
    [CAD] dólar canadiense
    [CHF] franco suizo
    [CLP] peso chileno
    [CNY] yuan renminbi
    [COP] peso colombiano
    [CRC] colón costarricense
    [CUP] peso cubano
    [CZK] corona checa
    [DKK] corona danesa
    [DOP] peso dominicano
    [EGP] libra egipcia
    [EUR] euro
    [GBP] libra esterlina
    [GTQ] quetzal guatemalteco
    [HKD] dólar de Hong Kong
    [HNL] lempira hondureño
    [HUF] forinto húngaro
    [IDR] rupia indonesia
    [ILS] nuevo séquel israelí
    [INR] rupia india
    [ISK] corona islandesa
    [JPY] yen japonés
    [KES] chelín keniano
    [KRW] won surcoreano
    [KWD] dinar kuwaití
    [MAD] dírham marroquí
    [MXN] peso mexicano
    [MYR] ringit malasio
    [NGN] naira nigeriano
    [NIO] córdoba nicaragüense
    [NOK] corona noruega
    [NZD] dólar neozelandés
    [PAB] balboa panameño
    [PEN] sol peruano
    [PHP] peso filipino
    [PLN] esloti polaco
    [PYG] guaraní paraguayo
    [QAR] rial catarí
    [RON] leu rumano
    [SAR] rial saudí
    [SEK] corona sueca
    [SGD] dólar de Singapur
    [THB] bat tailandés
    [TRY] lira turca
    [TWD] nuevo dólar taiwanés
    [UAH] grivna ucraniana
    [USD] dólar estadounidense
    [UYU] peso uruguayo
    [VES] bolívar soberano
    [VND] dong vietnamita
    [XAF] franco CFA de África Central
    [XOF] franco CFA de África Occidental
    [ZAR] rand sudafricano
   *[other] { $name }
  }

## Todas las páginas.

skip-to-content = Ir al contenido
error-prefix = Error: { $title }
footer-label = Sobre este servicio
footer-privacy = Privacidad
footer-accessibility = Accesibilidad
footer-lost = ¿Ha perdido el enlace de su pago?
contact-title = ¿Tiene preguntas?
contact-office = Póngase en contacto con la oficina de finanzas.
example-account = Cuenta de ejemplo. No envíe dinero.

## Los campos.

field-school = Centro
field-school-choose = Elija un centro
field-student-id = Número de estudiante
field-student-id-hint = Por ejemplo, { $example }
field-amount = Importe
field-amount-hint = Un número, como { $example }
field-currency = Moneda
field-name = Su nombre completo
field-email = Su correo electrónico
field-sender = Nombre completo del ordenante
field-sender-hint = El nombre del titular de la cuenta bancaria
field-country = País
field-country-hint = El país desde el que se envía el dinero
field-address = Dirección del ordenante
field-address-hint = En una línea, como Calle Mayor 5, Madrid
field-optional = { $label } (opcional)

## El formulario.

form-title = Pagar a un centro o una factura
form-intro = Cuando confirme, recibirá los datos bancarios para la transferencia.
form-purpose = ¿Qué va a pagar?
form-payer = ¿Quién paga?
form-sender = Otra persona envía el dinero
form-continue = Continuar
form-quote = Importe, comisión y total
form-quote-empty = La página siguiente muestra la comisión y el total.
fee = Comisión, { $rate }
fee-institution = Comisión, { $rate }, a cargo de la institución
to-pay = Total a pagar

## Errores de los campos.

error-title = Hay un problema. Este intento no ha registrado nada.
error-name-missing = Escriba su nombre completo
error-email-missing = Escriba su correo electrónico
error-amount-missing = Escriba el importe
error-student-id-missing = Escriba este dato: { $label }
error-amount-not-a-number = Escriba el importe como un número, por ejemplo { $example }
error-amount-ambiguous = Escriba el importe como { $first } o como { $second }
error-amount-group = Escriba el importe como { $first }
error-amount-not-positive = Escriba un importe mayor que cero
error-amount-decimals = { $decimals ->
    [0] Escriba los importes en { $currency } sin decimales, por ejemplo 1850000
   *[other] Escriba los importes en { $currency } con { $decimals } decimales como máximo
  }
error-amount-too-large = El importe no puede superar { $limit }
error-currency = Elija una moneda de la lista
error-currency-not-offered = No tenemos ninguna cuenta en { $currency }. Elija otra moneda.
error-school = Elija un centro de la lista
error-student-id = Compruebe este dato: { $label }. Se escribe como { $example }.
error-student-id-no-example = Compruebe este dato: { $label }. No tiene la forma correcta.
error-too-long = { $label }: use { $limit } caracteres como máximo
error-hidden-characters = { $label }: elimine los caracteres ocultos y los acentos repetidos. Pueden proceder de un texto pegado.
error-card-number = { $label }: elimine el número de tarjeta. Nunca guardamos números de tarjeta.
error-frozen = { $label }: ya no se puede cambiar
error-other = { $label }: compruebe esta respuesta

## Mensajes sobre el formulario.

notice-title = Este intento no ha registrado nada
notice-unknown-title = Todavía no sabemos si su pago se ha registrado
notice-expired = Este formulario ha estado abierto demasiado tiempo. Si ya lo confirmó, es posible que el pago esté registrado: pregunte primero a la oficina de finanzas. Si no, compruebe sus datos y confirme de nuevo.
notice-rate = Se han registrado muchos pagos desde su red. Espere un minuto y confirme de nuevo. Sus datos siguen abajo.
notice-storage = El servicio no puede guardar pagos nuevos en este momento. Avise a la oficina de finanzas o confirme más tarde. Sus datos siguen abajo.
notice-busy = Se están registrando muchos pagos en este momento. Espere un momento y confirme de nuevo. Sus datos siguen abajo.
notice-unavailable = El servicio no puede guardar su pago en este momento. Espere un momento y confirme de nuevo. Su pago no se registrará dos veces.
notice-unknown = El servicio no ha confirmado su pago a tiempo. Confirme de nuevo para saberlo. Su pago no se registrará dos veces.
notice-internal = Se ha producido un error. Confirme de nuevo. Si se repite, envíe el identificador de abajo a la oficina de finanzas. Su pago no se registrará dos veces.
request-id = Identificador de la solicitud

## La comprobación antes de registrar el pago.

check-title = Compruebe su pago
check-intro = Todavía no se ha registrado nada.
check-answers = Sus respuestas
check-change = Cambiar
check-confirm = Confirmar y ver los datos bancarios
check-not-given = Sin respuesta
check-email-title = ¿Es correcto este correo electrónico?
check-email-suggestion = Ha escrito { $email }. ¿Quería escribir { $suggestion }?
check-email-invalid = No podemos enviar correo a { $email }. Sin una dirección válida no podemos informarle sobre su pago.
check-email-use = Usar { $suggestion }

## El formulario se envió dos veces con respuestas distintas.

second-title = Ya ha registrado { $reference }
second-title-unknown = Este formulario ya se ha usado
second-known = Ya ha registrado { $reference } con este formulario. Los datos que acaba de enviar son distintos. No se ha registrado nada más. ¿Es otro pago?
second-unknown = Ya se ha registrado un pago con este formulario. No se ha registrado nada más. Si lo registró usted, use la página con la referencia que se abrió entonces. Si ya no tiene esa página, póngase en contacto con la oficina de finanzas. ¿Es otro pago?
second-different = Lo que ahora es distinto
second-sent = Lo que ha enviado ahora
second-empty = Vacío
second-go = No, ir a { $reference }
second-close = Si no es otro pago, cierre esta página.
second-confirm = Sí, registrar otro pago
second-mistake = Si hay un error en { $reference }, no registre otro pago. Abra { $reference } y elija «¿Hay algún error?».

## La página de un pago.

payment-title = Pago { $reference }
payment-already-booked = Ya había registrado este pago. No se ha registrado por segunda vez.
payment-changed = Sus datos están guardados. Esta página los muestra.
payment-transfer = Envíe por transferencia
payment-transfer-rest = Falta por pagar
payment-due = a más tardar el { $date }. Envíe exactamente este importe; los gastos de su banco se pagan aparte.
payment-due-none = Envíe exactamente este importe; los gastos de su banco se pagan aparte.
payment-overdue = El plazo terminó el { $date }. Envíe exactamente este importe; los gastos de su banco se pagan aparte.
payment-paid = Hemos recibido todo el importe. Gracias.
payment-nothing-left = No falta nada por pagar. Gracias.
payment-overpaid = Ha enviado { $excess } de más. Nos pondremos en contacto con usted.
payment-cancelled-reason = Anulado: { $reason }. No envíe dinero.
payment-do-not-send = No envíe dinero.
payment-held = Tenemos { $amount } de su dinero y se lo devolveremos.
payment-released = Cuando se anuló, teníamos { $amount } de su dinero. Para usarlo o recuperarlo, póngase en contacto con la oficina de finanzas.
payment-part = Recibido: { $received }. Falta por pagar: { $left }.
payment-no-account = La oficina de finanzas le dirá qué cuenta debe usar.
payment-no-account-title = Cómo pagar
payment-live = Actualizado
bank-title = Escriba esto en su banco
bank-sepa = Transferencia SEPA
bank-reference = Referencia del pago. Cópiela exactamente: con ella encontramos su dinero.
bank-holder = Beneficiario
bank-iban = IBAN
bank-number = Número de cuenta
bank-bic = BIC
bank-bank = Banco
bank-amount = Importe
bank-code = Código de pago para la aplicación de su banco
bank-code-hint = Escanee este código con la aplicación de su banco. El código rellena la transferencia.
copy = Copiar
copy-what = Copiar { $what }
copied = Copiado
status-unpaid = Sin pagar
status-part-paid = Pagado en parte
status-paid = Pagado
status-overpaid = Pagado de más
status-cancelled = Anulado
timeline-title = Cómo va su pago
timeline-booked = Registrado
timeline-waiting = Esperamos su transferencia
timeline-waiting-hint = Una transferencia suele tardar uno o dos días laborables.
timeline-received = Recibido
timeline-part = Recibido en parte
timeline-paid = Pagado
timeline-paid-hint = Su comprobante está listo.
timeline-cancelled = Anulado
timeline-refund-due = Devolución pendiente
timeline-refund-sent = Devolución enviada
timeline-done = hecho
timeline-current = ahora
timeline-open = pendiente
amounts-title = Importe y comisión
amounts-received = Recibido
amounts-waived = Condonado
amounts-left = Falta por pagar
details-title = Sus datos
details-wrong = ¿Hay algún error?
details-reference = Referencia
details-name = Nombre
details-email = Correo
details-booked = Registrado
keep-title = Guarde esta página
keep-hint = Cualquier persona con el enlace de esta página puede verla.
keep-mail = Enviarme el enlace
keep-mail-subject = Pago { $reference } a { $institution }
keep-mailed = Enviamos los mensajes sobre este pago a { $email }.
keep-copy = Copiar el enlace
keep-confirmation = Comprobante para imprimir
another-payment = Hacer otro pago
payment-mail-rejected = No hemos podido enviar correo a { $email }.
hint-email = Compruebe su correo electrónico. Si no es correcto, elija «¿Hay algún error?».
hint-duplicate = Si ya ha registrado este pago, pague solo una vez.
hint-large = Es un importe alto. Compruebe el importe antes de pagar.

## Corregir o retirar un pago.

wrong-title = ¿Hay algún error en { $reference }?
wrong-intro = Todavía no ha llegado dinero, así que puede corregir o retirar este pago.
wrong-correct = Corregirlo
wrong-currency = Para pagar en otra moneda, retire este pago y registre uno nuevo.
wrong-save = Guardar los cambios
wrong-withdraw = Retirarlo
wrong-withdraw-hint = Retire el pago solo si no ha enviado el dinero.
wrong-withdraw-button = Retirar este pago
wrong-withdraw-reason = retirado por el pagador
wrong-withdraw-title = ¿Retirar { $reference }?
wrong-withdraw-question = Después ya no podrá pagar { $amount } con esta referencia.
wrong-withdraw-meanwhile = El pago ha cambiado mientras esta página estaba abierta. El pago no se ha retirado. Compruebe el importe de abajo y decida de nuevo.
wrong-withdraw-keep = No, conservar el pago
wrong-too-late-title = Este pago ya no se puede cambiar aquí
wrong-too-late-money = Ya ha llegado dinero. Póngase en contacto con la oficina de finanzas.
wrong-too-late-cancelled = Está anulado.
wrong-error-title = Hay un problema. No se ha guardado nada.
wrong-changed-meanwhile = El pago ha cambiado mientras esta página estaba abierta. No se ha guardado nada. Compruebe los datos de abajo y guarde de nuevo.
wrong-not-saved = No se ha guardado nada. Espere un momento e inténtelo de nuevo.
wrong-unknown = El servicio no ha confirmado su cambio a tiempo. Todavía no sabemos si se ha guardado.
wrong-unknown-open = Abra el pago para saberlo.
wrong-back = Volver al pago

## Un enlace que no funciona, y uno nuevo.

unknown-title = Este enlace no funciona
unknown-text = El enlace está incompleto o ha caducado.
unknown-new = Obtener un enlace nuevo
lost-title = Obtener un enlace nuevo
lost-intro = Escriba la referencia de su pago y el correo electrónico con el que lo registró.
lost-reference = Referencia
lost-reference-hint = Por ejemplo, REF001 o RF59REF001
lost-reference-error = Escriba la referencia de su pago, por ejemplo REF001
lost-error-title = Hay un problema. No se ha enviado nada.
lost-send = Enviarme un enlace nuevo
lost-sent-title = Mire su correo electrónico
lost-sent = Si la referencia y el correo electrónico corresponden al mismo pago, pronto debería llegar un mensaje con su enlace. Si no llega ninguno en una hora, pídalo de nuevo.
lost-wait = Han llegado demasiadas solicitudes de su red o de todos los visitantes juntos. Espere unos minutos e inténtelo de nuevo.
lost-no-mail = Este servicio no puede enviar correo. Póngase en contacto con la oficina de finanzas para obtener un enlace nuevo.

## Un error que no viene de un formulario.

problem-title = Algo no ha funcionado
problem-unavailable = El servicio no está disponible en este momento. Espere un momento y cargue esta página de nuevo.
problem-rate = Han llegado demasiadas peticiones desde su red. Espere un minuto y cargue esta página de nuevo.
problem-other = El servicio no ha podido hacerlo. Vuelva atrás e inténtelo de nuevo. Si se repite, envíe el identificador de abajo a la oficina de finanzas.
problem-start = Ir al formulario

## El comprobante para imprimir.

confirmation-title = Comprobante del pago { $reference }
confirmation-payee = Beneficiario
confirmation-payer = Pagador
confirmation-booked = Lo que se registró
confirmation-received = Lo que ha llegado
confirmation-nothing = Todavía no ha llegado nada.
confirmation-status = Estado
confirmation-as-of = A fecha de { $time }
confirmation-print = Imprimir

## Privacidad y accesibilidad.

privacy-title = Privacidad
privacy-stored = Guardamos lo que escribe aquí: su nombre, su correo electrónico, lo que paga y, si los indica, los datos del ordenante. Con cada registro y cambio guardamos la dirección IP y el nombre del navegador. Del extracto del banco guardamos la cuenta, el nombre y el texto de su transferencia. Usamos todo esto para recibir su pago y responder a sus preguntas.
privacy-browser = Su navegador guarda dos cookies: una para el formulario abierto, durante 15 minutos, y otra para su idioma. Ningún otro sitio se entera de su visita.
privacy-rights = Para ver, corregir o borrar sus datos, póngase en contacto con la oficina de finanzas.
accessibility-title = Accesibilidad
accessibility-text = Estas páginas se pueden usar con el teclado, con un lector de pantalla, con texto grande, sin scripts y en papel. Si algo no le funciona, póngase en contacto con la oficina de finanzas.

## Mail.

mail-greeting = Hola, { $name }:
mail-greeting-nameless = Hola:
mail-booked-subject = Pago { $reference }: { $amount } a { $institution }
mail-booked = Su pago { $reference } a { $institution } está registrado. El importe a pagar es { $amount }.
mail-booked-due = Transfiéralo a más tardar el { $date }, con la referencia de pago { $reference }.
mail-booked-no-due = Transfiéralo con la referencia de pago { $reference }.
mail-booked-link = Los datos bancarios están en la página de su pago:
mail-part-subject = Pago { $reference }: recibidos { $received }, faltan { $left }
mail-part = Hemos recibido { $received } de su pago { $reference }. Faltan { $left } por pagar.
mail-part-link = En la página de su pago se explica cómo pagar el resto:
mail-paid-subject = El pago { $reference } está completo
mail-paid = Hemos recibido { $received } de su pago { $reference } a { $institution }. No falta nada por pagar. Gracias.
mail-paid-link = Su comprobante para imprimir:
mail-taken-back-subject = Pago { $reference }: faltan { $left }
mail-taken-back = Ya no tenemos todo el dinero que le anunciamos para su pago { $reference }. Un banco ha devuelto una transferencia, o esta corresponde a otro pago. Faltan { $left } por pagar.
mail-cancelled-subject = El pago { $reference } está anulado
mail-cancelled = Su pago { $reference } a { $institution } está anulado. No envíe dinero.
mail-refund-subject = Pago { $reference }: le hemos devuelto { $amount }
mail-refund = Le hemos devuelto { $amount } de su pago { $reference }. Una transferencia suele tardar uno o dos días hábiles.
mail-new-link-subject = Pago { $reference }: su nuevo enlace
mail-new-link = La página de su pago { $reference } tiene un nuevo enlace. El enlace anterior ya no funciona.
mail-page-link = La página de su pago:
mail-changed-since = Entretanto, este pago ha cambiado. En su página puede ver cuánto falta por pagar.
mail-cancelled-since = Entretanto, este pago se ha anulado. No envíe dinero.
mail-link-secret = Quien tenga este enlace puede ver la página. No reenvíe este mensaje.
mail-contact = ¿Preguntas? { $contact }
mail-automatic = { $institution } envió este mensaje automáticamente.
