# src/speech: text as sound, by espeak-ng or an engine elsewhere.
liboffhook_a_SOURCES += \
	%D%/cut.c %D%/cut.h \
	%D%/engine.c %D%/engine.h \
	%D%/parts.c %D%/parts.h \
	%D%/piece.c %D%/piece.h \
	%D%/remote.c %D%/remote.h \
	%D%/render.c %D%/render.h \
	%D%/reply.c %D%/reply.h \
	%D%/script.c %D%/script.h \
	%D%/speech.c %D%/speech.h \
	%D%/ssml.c %D%/ssml.h \
	%D%/text.c %D%/text.h \
	%D%/voice.c %D%/voice.h
