// nodemailer's pool, as its documentation shows it for bulk mail: PORT CONNECTIONS MESSAGES FILE…
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [port, connections, messages] = process.argv.slice(2, 5).map(Number);
const bodies = process.argv.slice(5).map((file) => readFileSync(file));
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port,
  ignoreTLS: true,
  name: "localhost",
  pool: true,
  maxConnections: connections,
  maxMessages: Infinity,
});
let next = 0;

async function keepAsking() {
  while (next < messages) {
    const number = next++;
    await transport.sendMail({
      envelope: { from: "weekly@news.example.com", to: [`reader${number}@inbox.example`] },
      raw: bodies[number % bodies.length],
    });
  }
}

await Promise.all(Array.from({ length: 2 * connections }, keepAsking)); // the pool never waits for us
transport.close();
