/* kernel.c: a windowed sinc. */
#include "audio/kernel.h"

#include <math.h>

/* The modified Bessel function of order 0, by its series. */
static double bessel(double x)
{
    double sum = 1, term = 1;
    for (int k = 1; term > sum * 1e-12; k++) {
        term *= (x / 2 / k) * (x / 2 / k);
        sum += term;
    }
    return sum;
}

double kernel_at(double at, double half, double cutoff, double beta)
{
    double place = at / half;
    if (fabs(place) >= 1)
        return 0;
    double window = bessel(beta * sqrt(1 - place * place)) / bessel(beta);
    double turn = 2 * M_PI * cutoff * at;
    double sinc = fabs(turn) < 1e-9 ? 1 : sin(turn) / turn;
    return 2 * cutoff * sinc * window;
}
