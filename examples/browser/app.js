import { RealtimeVoiceConversation } from "@spekoai/client";

const [start, stop, status, messages] = ["start", "stop", "status", "messages"].map((id) =>
  document.getElementById(id),
);
let conversation;
let lines; // of this conversation, by their segments

start.onclick = async () => {
  start.disabled = true;
  lines = new Map();
  try {
    const answer = await fetch("/api/session", { method: "POST" });
    const session = await answer.json();
    if (!answer.ok) {
      throw new Error(session.error);
    }
    conversation = await RealtimeVoiceConversation.create({
      ...session, // sessionId, wsUrl, wsToken, and the sample rates
      onStatusChange: (now) => {
        status.textContent = now;
      },
      onModeChange: (mode) => {
        status.textContent = mode;
      },
      onMessage: show,
      onError: (error) => {
        status.textContent = error.message; // the conversation goes on
      },
      onDisconnect: ({ reason, message }) => {
        status.textContent = `disconnected (${message || reason})`;
        start.disabled = false;
        stop.disabled = true;
      },
    });
    stop.disabled = false;
  } catch (error) {
    status.textContent = error.message;
    start.disabled = false;
  }
};

stop.onclick = () => conversation.endSession();
window.addEventListener("pagehide", () => conversation?.endSession());

// Words come again, longer, or cut to what was heard: each replaces the line of its segment.
function show({ source, segmentId, text }) {
  const line = lines.get(segmentId) ?? messages.appendChild(document.createElement("li"));
  lines.set(segmentId, line);
  line.textContent = `${source === "user" ? "You" : "Agent"}: ${text}`;
}
