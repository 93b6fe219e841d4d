'use strict';

/** The latest messages, newest first. */
class Board {
  #messages = [];

  constructor(limit = 100) {
    this.limit = limit;
  }

  post(author, text) {
    if (!author || !text) throw new TypeError('author and text are needed');
    this.#messages.unshift({ author, text });
    this.#messages.length = Math.min(this.#messages.length, this.limit);
  }

  get messages() {
    return [...this.#messages];
  }
}

module.exports = { Board };
