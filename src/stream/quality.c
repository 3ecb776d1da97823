/* quality.c: the E-model. Of its sum R = Ro - Is - Id - Ie,eff the first two are constants of the
 * default values; Id is delay and echo (TELR 65 dB), Ie,eff codec and loss. */
#include "stream/quality.h"

#include <math.h>

#define RO 94.7688 /* signal to noise */
#define IS 1.4136  /* loudness, side tone, quantising */
#define NO -61.18  /* [dBm0p] all noise */
#define RLR 2.0    /* [dB] */
#define TELR 65.0  /* [dB] */
#define WEPL 110.0 /* [dB] */

/* Ie and Bpl of G.113 (11/2007), appendix I. It has none for wideband codecs on this scale: they
 * are given the Ie of G.711, and the Bpl of how well they conceal. */
static const struct {
    double ie, bpl, lookahead;
} codecs[CODEC_COUNT] = {
    [CODEC_PCMU] = {0, 25.1, 0}, [CODEC_PCMA] = {0, 25.1, 0},   [CODEC_G722] = {0, 25.1, 1.4},
    [CODEC_G729] = {11, 19, 5},  [CODEC_GSM] = {20, 10, 0},     [CODEC_SPEEX] = {7, 20, 14},
    [CODEC_L16] = {0, 25.1, 0},  [CODEC_OPUS] = {0, 25.1, 6.5},
};

/* Echo of the talker (G.107, 7.4). */
static double talker_echo(double t)
{
    double terv = TELR - 40 * log10((1 + t / 10) / (1 + t / 150)) + 6 * exp(-0.3 * t * t);
    double re = 80 + 2.5 * (terv - 14), roe = -1.5 * (NO - RLR);
    double half = (roe - re) / 2;

    return (half + sqrt(half * half + 100) - 1) * (1 - exp(-t));
}

/* Echo of the listener. */
static double listener_echo(double t)
{
    double rle = 10.5 * (WEPL + 7) * pow(2 * t + 1, -0.25);
    double half = (RO - rle) / 2;

    return half + sqrt(half * half + 169);
}

/* Delay alone, without any echo. */
static double absolute_delay(double ta)
{
    double x = ta > 100 ? log2(ta / 100) : 0;

    if (ta <= 100)
        return 0;
    return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

static double equipment(const struct quality *quality)
{
    double ie = codecs[quality->codec].ie, bpl = codecs[quality->codec].bpl;
    double burst = quality->burst >= 1 ? quality->burst : 1;

    return ie + (95 - ie) * quality->loss / (quality->loss / burst + bpl);
}

double quality_r(const struct quality *quality)
{
    double t = quality->delay > 0 ? quality->delay : 0;
    double r = RO - IS - talker_echo(t) - listener_echo(t) - absolute_delay(t) - equipment(quality);

    return r > 0 ? r : 0;
}

double quality_mos(double r)
{
    double mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;

    if (r >= 100)
        return 4.5;
    return r <= 0 || mos < 1 ? 1 : mos;
}

double quality_burst(double lost, double expected, double runs)
{
    double burst;

    if (lost <= 0 || runs <= 0 || lost >= expected)
        return 1;
    burst = lost / runs * (1 - lost / expected);
    return burst > 1 ? burst : 1;
}

double quality_lookahead(enum codec codec)
{
    return codecs[codec].lookahead;
}
