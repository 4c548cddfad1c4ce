/* Hot loops get a second copy for wider vectors, chosen at run time; every copy gives the same bits. */
#pragma once

/* Sanitizers instrument the resolvers of clones, which run before they are ready. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define CB_VECTOR __attribute__((target_clones("default", "avx2")))
#else
#define CB_VECTOR
#endif
