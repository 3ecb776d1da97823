# src/codec: speech codecs by one shape.
liboffhook_a_SOURCES += \
	%D%/codec.h \
	%D%/decoder.c \
	%D%/encoder.c \
	%D%/format.c \
	%D%/g711.c \
	%D%/g722.c \
	%D%/g729.c \
	%D%/gsm.c \
	%D%/l16.c \
	%D%/opus.c \
	%D%/private.h \
	%D%/quiet.c \
	%D%/speex.c
