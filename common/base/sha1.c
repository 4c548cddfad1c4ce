/* SHA-1 (FIPS 180-4 section 6.1), whole message at once. */
#include "base/sha1.h"

#include <stdint.h>
#include <string.h>

static uint32_t rotate(uint32_t word, unsigned int bits)
{
    return word << bits | word >> (32 - bits);
}

static void compress(uint32_t state[5], const unsigned char block[64])
{
    uint32_t w[80];
    for (size_t t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 16; t < 80; t++)
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 80; t++) {
        static const uint32_t constant[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
        const uint32_t mix[4] = { (b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d };
        uint32_t next = rotate(a, 5) + mix[t / 20] + e + constant[t / 20] + w[t];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void cb_sha1(const unsigned char *data, size_t size, unsigned char ret_digest[20])
{
    uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    size_t whole = size / 64 * 64;
    for (size_t at = 0; at < whole; at += 64)
        compress(state, data + at);

    unsigned char tail[128] = { 0 };
    size_t rest = size - whole;
    if (rest > 0)
        memcpy(tail, data + whole, rest);
    tail[rest] = 0x80;
    size_t blocks = rest < 56 ? 1 : 2;
    uint64_t bits = (uint64_t)size * 8;
    for (size_t i = 0; i < 8; i++)
        tail[blocks * 64 - 1 - i] = (unsigned char)(bits >> (8 * i));
    for (size_t block = 0; block < blocks; block++)
        compress(state, tail + block * 64);

    for (size_t i = 0; i < 20; i++)
        ret_digest[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}
