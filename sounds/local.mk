# sounds: made by make-sounds, committed, installed as they are.
sounds8000dir = $(pkgdatadir)/sounds/8000
dist_sounds8000_DATA = \
	%D%/8000/beep.wav \
	%D%/8000/busy.wav \
	%D%/8000/first.wav \
	%D%/8000/goodbye.wav \
	%D%/8000/hold.wav \
	%D%/8000/milliwatt.wav \
	%D%/8000/please-hold.wav \
	%D%/8000/ringback.wav \
	%D%/8000/ringback-eu.wav \
	%D%/8000/tone.wav \
	%D%/8000/unavailable.wav \
	%D%/8000/welcome.wav
sounds16000dir = $(pkgdatadir)/sounds/16000
dist_sounds16000_DATA = \
	%D%/16000/beep.wav \
	%D%/16000/busy.wav \
	%D%/16000/first.wav \
	%D%/16000/goodbye.wav \
	%D%/16000/hold.wav \
	%D%/16000/milliwatt.wav \
	%D%/16000/please-hold.wav \
	%D%/16000/ringback.wav \
	%D%/16000/ringback-eu.wav \
	%D%/16000/tone.wav \
	%D%/16000/unavailable.wav \
	%D%/16000/welcome.wav
sounds48000dir = $(pkgdatadir)/sounds/48000
dist_sounds48000_DATA = \
	%D%/48000/beep.wav \
	%D%/48000/busy.wav \
	%D%/48000/first.wav \
	%D%/48000/goodbye.wav \
	%D%/48000/hold.wav \
	%D%/48000/milliwatt.wav \
	%D%/48000/please-hold.wav \
	%D%/48000/ringback.wav \
	%D%/48000/ringback-eu.wav \
	%D%/48000/tone.wav \
	%D%/48000/unavailable.wav \
	%D%/48000/welcome.wav
EXTRA_DIST += %D%/README.md %D%/make-sounds
