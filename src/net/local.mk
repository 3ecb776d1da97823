# src/net: addresses, the port pool, rate limits.
liboffhook_a_SOURCES += \
	%D%/addr.c %D%/addr.h \
	%D%/limiter.c %D%/limiter.h \
	%D%/ports.c %D%/ports.h
