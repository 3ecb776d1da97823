'use strict';
// texts.js: what is said when a call is answered, by kind. Of each list the first, third, …
// belong to the tuning half of the corpus, the others to the held-out half. `language|text`;
// a number in brackets is a pause [ms].

const hello = `
en-us|Hello?
en-gb|Hello?
en-us|Yes?
de|Hallo?
en-us|Hi.
fr-fr|Allô?
en-us|Yeah, hello?
es|¿Diga?
de|Ja, bitte?
it|Pronto?
fr-fr|Oui, allô?
en-us|Hello. [500] Hello?
es|¿Sí? ¿Dígame?
nl|Hallo?
pt-br|Alô?
sv|Hallå?
en-us|Speaking.
pl|Halo, słucham?
en-gb|Hello, who is this?
da|Ja, hallo?
`;

const name = `
en-us|Hi, this is Anna.
de|Schneider.
en-gb|Peter Williams.
fr-fr|Marie Dupont, bonjour.
de|Müller, guten Tag.
en-us|Hello, this is Robert speaking.
nl|Met Jan de Vries.
sv|Andersson.
en-us|Doctor Miller.
en-us|John Carter.
it|Pronto, sono Luca.
es|Hola, soy Carmen.
en-us|Anna here, hi, who's calling please?
de|Hier ist Familie Weber, hallo?
pl|Kowalski, słucham.
nl|Goedemorgen, met Sanne.
`;

const company = `
en-us|Good morning, Miller and Sons, how can I help you?
en-us|Parker Insurance, this is Linda.
de|Autohaus Berger, mein Name ist Krause, guten Tag.
de|Praxis Doktor Lang, guten Morgen.
en-gb|Reception, how may I help?
en-us|Thanks for calling Tony's Pizza, what can I get you?
fr-fr|Société Martin, bonjour, que puis-je faire pour vous?
fr-fr|Cabinet Leroy, Julie à l'appareil, bonjour.
es|Talleres García, buenos días, ¿en qué puedo ayudarle?
es|Hotel Central, recepción, dígame.
en-us|Front desk, this is Kevin, how can I direct your call?
en-gb|Good afternoon, Baker Street Books, Emma speaking.
it|Farmacia Rossi, buongiorno.
it|Studio Bianchi, buonasera, come posso aiutarla?
nl|Goedemiddag, garage Visser, waarmee kan ik u helpen?
pt-br|Padaria São João, bom dia.
`;

const voicemail = `
en-us|Hi, you've reached the voicemail of Anna Parker. [400] I can't come to the phone right now. Please leave a message after the tone and I'll get back to you as soon as possible.
en-us|Your call has been forwarded to an automated voice message system. [300] Five five five, one two three four, is not available. [300] At the tone, please record your message.
en-gb|Welcome to the voicemail service. The person you are calling is unable to take your call. Please leave your message after the tone.
en-us|You have reached the offices of Parker and Stone. Our office is currently closed. Our business hours are Monday through Friday, nine to five. Please leave a message.
de|Guten Tag, hier ist die Mailbox von Thomas Weber. [500] Ich bin zur Zeit nicht erreichbar. Bitte hinterlassen Sie eine Nachricht nach dem Signalton.
de|Der gewünschte Gesprächspartner ist zur Zeit nicht erreichbar. Bitte hinterlassen Sie Ihre Nachricht nach dem Ton.
fr-fr|Bonjour, vous êtes bien sur le répondeur de Marie Dupont. [300] Je ne suis pas disponible pour le moment. Laissez-moi un message après le bip sonore.
fr-fr|Votre correspondant n'est pas disponible actuellement. Veuillez laisser votre message après le signal sonore.
es|Ha llamado al buzón de voz del número seis uno dos, tres cuatro cinco. [300] Por favor, deje su mensaje después de la señal.
es|Hola, en este momento no puedo atender su llamada. Deje su nombre y su número de teléfono después de la señal y le llamaré lo antes posible.
en-us|Hello. [350] This is Bob. I'm away from my desk at the moment. [400] Please leave your name and number and I will call you back.
en-us|Thank you for calling customer service. All of our lines are currently busy. Please hold the line, or leave a message after the beep.
it|Risponde la segreteria telefonica del numero tre tre cinco. [400] Lasciate un messaggio dopo il segnale acustico.
it|Ciao, sono Giulia, al momento non posso rispondere, lasciate un messaggio dopo il bip e vi richiamerò.
nl|Dit is de voicemail van Jan de Vries. Ik kan u nu niet te woord staan. [300] Spreek een bericht in na de piep.
nl|Welkom bij de voicemail. De persoon die u belt is niet bereikbaar. Spreek na de toon uw bericht in.
en-gb|Sorry, we can't take your call at the moment. [400] Please leave a message after the tone. [500] If you would like to speak to somebody else, press the star key.
en-gb|This is Doctor Brown's surgery. We are closed. If this is an emergency, please hang up and dial the emergency number.
pt-br|Sua chamada está sendo encaminhada para a caixa postal e estará sujeita a cobrança após o sinal.
sv|Hej, du har kommit till Karin Andersson. Jag kan inte svara just nu. Lämna ett meddelande efter tonen så ringer jag upp.
`;

// With a beep soon after: the rest of the text never comes.
const curt = `
en-us|Hey, it's Mike. Leave a message.
en-us|You know what to do.
de|Weber, bitte nach dem Ton sprechen.
de|Hallo, bin nicht da, Nachricht bitte.
en-gb|This is Emma, leave a message after the beep.
en-us|Sorry I missed you. Leave your name and number.
fr-fr|C'est Paul, laissez un message.
fr-fr|Bonjour, parlez après le bip.
es|Deje su mensaje después de la señal.
es|Soy Carmen, deja tu mensaje.
en-us|Hi, this is Dave, please leave me a message and I'll call you back. Thanks.
en-us|We are not at home. Please leave a message after the beep.
`;

const carrier = `
en-us|We're sorry. The number you have dialed is not in service. Please check the number and dial again.
en-us|We're sorry, all circuits are busy now. Will you please try your call again later.
de|Diese Rufnummer ist uns nicht bekannt. Bitte rufen Sie die Auskunft an.
de|Kein Anschluss unter dieser Nummer. Kein Anschluss unter dieser Nummer. Kein Anschluss unter dieser Nummer.
en-gb|The number you have dialled has not been recognised. Please check and try again.
en-gb|The person you are calling is not available. Please try again later.
fr-fr|Le numéro que vous avez composé n'est pas attribué. Veuillez consulter l'annuaire.
fr-fr|Votre correspondant est injoignable. Veuillez rappeler ultérieurement.
`;

function read(list) {
  return list
    .trim()
    .split('\n')
    .map((line, number) => {
      const [language, text] = line.split('|');
      return { language, text, number };
    });
}

module.exports = {
  hello: read(hello),
  name: read(name),
  company: read(company),
  voicemail: read(voicemail),
  curt: read(curt),
  carrier: read(carrier),
};
