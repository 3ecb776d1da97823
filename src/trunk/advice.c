/* advice.c: the table of the doctor: what a carrier said, in words, and the setting to change. A
 * row counts only where its condition holds; the first that does is the advice. */
#include "trunk/advice.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum condition {
    ANY,
    NO_PASSWORD, /* the trunk has no username */
    PASSWORD,    /* it has one */
    UNREGISTERED /* it has one, and does not register */,
    ENCRYPTED /* srtp is not off */
};
enum { OF_CALL = 1, OF_REGISTRATION = 2, OF_PING = 4, OF_ALL = 7 };

static const struct row {
    int status, err;
    unsigned of;
    enum condition condition;
    struct advice advice;
} rows[] = {
    {301,
     0,
     OF_ALL,
     ANY,
     {"The carrier says that this address has moved: its Contact names the new one.", "proxy"}},
    {302,
     0,
     OF_CALL,
     ANY,
     {"The carrier redirects the call elsewhere, and redirects are not followed here.", "proxy"}},
    {400,
     0,
     OF_ALL,
     ANY,
     {"The carrier cannot read the request. Its reason phrase or Warning says what it dislikes; "
      "often it is the form of the numbers or a domain it does not know.",
      "outbound, caller, from_domain"}},
    {401,
     0,
     OF_ALL,
     NO_PASSWORD,
     {"The carrier asks for a user name and password, and the trunk has none.",
      "username, password"}},
    {401,
     0,
     OF_ALL,
     PASSWORD,
     {"The carrier does not accept this user name and password. If both are right, it may want the "
      "user name in From, or its own domain there.",
      "username, password, from_user, from_domain"}},
    {403,
     0,
     OF_REGISTRATION,
     ANY,
     {"The carrier forbids the registration: wrong user name, password or domain, or the account "
      "may not register from this address.",
      "username, password, from_user, from_domain"}},
    {403,
     0,
     OF_CALL,
     ENCRYPTED,
     {"The carrier forbids the call. It may not take encrypted sound; or the caller's number is "
      "none of the account's.",
      "srtp, from_user, identity, caller"}},
    {403,
     0,
     OF_CALL,
     UNREGISTERED,
     {"The carrier forbids the call. It may want a registration first; or From must have the "
      "account's name and the caller's number belongs into P-Asserted-Identity.",
      "register, from_user, identity, caller"}},
    {403,
     0,
     OF_CALL,
     ANY,
     {"The carrier forbids the call. Most often the caller's number is none of the account's, or "
      "has another form there; or From must have the account's name, and the number belongs into "
      "P-Asserted-Identity; or the account may not call this destination.",
      "from_user, identity, caller, from_domain"}},
    {404,
     0,
     OF_REGISTRATION,
     ANY,
     {"The registrar does not know this user.", "username, from_user, from_domain, registrar"}},
    {404,
     0,
     OF_CALL,
     ANY,
     {"The carrier does not know the number. Does it want another form: with +, with 00, or the "
      "national one?",
      "outbound"}},
    {405,
     0,
     OF_REGISTRATION,
     ANY,
     {"The carrier takes no registrations there: it knows you by your address.",
      "register, registrar"}},
    {406,
     0,
     OF_CALL,
     ANY,
     {"The carrier cannot accept the form of the answer: most often a codec.", "codecs"}},
    {407,
     0,
     OF_ALL,
     NO_PASSWORD,
     {"The carrier asks for a user name and password, and the trunk has none.",
      "username, password"}},
    {407,
     0,
     OF_ALL,
     PASSWORD,
     {"The carrier does not accept this user name and password. If both are right, it may want the "
      "user name in From, or its own domain there.",
      "username, password, from_user, from_domain"}},
    {408, 0, OF_ALL, ANY, {"No answer came from behind the proxy in time.", "proxy"}},
    {415, 0, OF_CALL, ANY, {"The carrier does not take this kind of body.", "codecs, srtp"}},
    {420, 0, OF_ALL, ANY, {"The carrier does not know an extension that is required.", "srtp"}},
    {421,
     0,
     OF_CALL,
     ANY,
     {"The carrier requires an extension that is not offered: session timers (timer) or reliable "
      "ringing (100rel).",
      "session_timer, rel100"}},
    {423, 0, OF_REGISTRATION, ANY, {"The registration is too short for the carrier.", "expires"}},
    {480,
     0,
     OF_CALL,
     ANY,
     {"The callee cannot be reached now; some carriers say so of numbers in a form they cannot "
      "route.",
      "outbound"}},
    {484,
     0,
     OF_CALL,
     ANY,
     {"The number is incomplete for the carrier: it wants another form.", "outbound"}},
    {485, 0, OF_CALL, ANY, {"The number is ambiguous for the carrier.", "outbound"}},
    {488,
     0,
     OF_CALL,
     ENCRYPTED,
     {"The carrier cannot do this sound: it has none of the codecs, or does not take encryption "
      "(SRTP).",
      "codecs, srtp"}},
    {488,
     0,
     OF_CALL,
     ANY,
     {"The carrier cannot do this sound: it has none of the codecs, or wants encryption (SRTP).",
      "codecs, srtp"}},
    {491, 0, OF_CALL, ANY, {"Two changes of the call crossed each other.", ""}},
    {500, 0, OF_ALL, ANY, {"The carrier's server failed; its reason phrase may tell more.", ""}},
    {501,
     0,
     OF_REGISTRATION,
     ANY,
     {"The carrier takes no registrations there: it knows you by your address.",
      "register, registrar"}},
    {501, 0, OF_CALL, ANY, {"The carrier's server does not take calls there.", "proxy"}},
    {502, 0, OF_ALL, ANY, {"A gateway of the carrier failed.", ""}},
    {503,
     0,
     OF_ALL,
     ANY,
     {"The carrier has no room for it now, or as many calls as your account may have are up "
      "already.",
      "capacity, rate"}},
    {504, 0, OF_ALL, ANY, {"A server of the carrier got no answer from the next one.", ""}},
    {513,
     0,
     OF_CALL,
     ANY,
     {"The request is too large for the carrier: offer fewer codecs, or use tcp.",
      "codecs, proxy"}},
    {604, 0, OF_CALL, ANY, {"The number exists nowhere, or not in this form.", "outbound"}},
    {606,
     0,
     OF_CALL,
     ANY,
     {"The carrier cannot do this sound: it has none of the codecs.", "codecs, srtp"}},
    {0,
     ETIMEDOUT,
     OF_ALL,
     ANY,
     {"Nothing came back. Does a firewall drop SIP on the way, is the port right, is the account "
      "bound to another address of yours? Where UDP is lost, transport=tcp shows it.",
      "proxy, outbound_proxy, sip.listen, sip.advertise"}},
    {0,
     ECONNREFUSED,
     OF_ALL,
     ANY,
     {"The host is there, but nothing listens at this port with this transport.", "proxy"}},
    {0,
     EHOSTUNREACH,
     OF_ALL,
     ANY,
     {"The host cannot be reached, or its name is not known.", "proxy, sip.dns"}},
    {0, ENETUNREACH, OF_ALL, ANY, {"There is no way into that network from here.", "proxy"}},
    {0,
     EPROTO,
     OF_ALL,
     ANY,
     {"TLS failed: the certificate is not trusted here, has another name or has expired, or ours "
      "was refused.",
      "sip.tls.ca, sip.tls.certificate, proxy"}},
    {0,
     EPROTONOSUPPORT,
     OF_ALL,
     ANY,
     {"There is no address of ours of that transport and family to send from.",
      "sip.listen, proxy"}},
};

static bool holds(enum condition condition, const struct conf_trunk *conf)
{
    bool named = conf->username && *conf->username;

    switch (condition) {
    case NO_PASSWORD:
        return !named;
    case PASSWORD:
        return named;
    case UNREGISTERED:
        return named && !conf->is_register;
    case ENCRYPTED:
        return conf->srtp && strcmp(conf->srtp, "off") != 0;
    default:
        return true;
    }
}

static struct advice by_class(int status)
{
    if (status >= 500 && status < 600)
        return (struct advice){"The carrier's server failed; its reason phrase may tell more.", ""};
    if (status >= 400)
        return (struct advice){"The carrier refused it; its reason phrase may tell more.", ""};
    return (struct advice){"It could not be sent.", "proxy"};
}

struct advice advice_on(const struct conf_trunk *conf, enum advice_of of, int status, int err)
{
    unsigned kind = of == ADVICE_CALL           ? OF_CALL
                    : of == ADVICE_REGISTRATION ? OF_REGISTRATION
                                                : OF_PING;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if ((err ? rows[i].err == err : rows[i].status == status && !rows[i].err) &&
            rows[i].of & kind && holds(rows[i].condition, conf))
            return rows[i].advice;
    }
    return by_class(err ? 0 : status);
}
