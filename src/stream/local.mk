# src/stream: one RTP stream.
liboffhook_a_SOURCES += \
	%D%/bytes.h \
	%D%/carrier.c \
	%D%/coding.c \
	%D%/keys_in.c \
	%D%/keys_out.c \
	%D%/latch.c \
	%D%/once.c %D%/once.h \
	%D%/parse.c \
	%D%/playout.c %D%/playout.h \
	%D%/private.h \
	%D%/put.c \
	%D%/read.c \
	%D%/reception.c %D%/reception.h \
	%D%/report.c %D%/report.h \
	%D%/report_read.c \
	%D%/reports.c \
	%D%/sending.c %D%/sending.h \
	%D%/sequence.c %D%/sequence.h \
	%D%/stats.c \
	%D%/stream.c %D%/stream.h \
	%D%/types.c
