/* Small help for reading; every page works without it. */
"use strict";
