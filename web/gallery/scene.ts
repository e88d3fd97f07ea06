/** A drawn "camera picture": somebody in front of a wall, 16:9. */

export function scene(wall: string, skin: string): MediaStreamTrack[] {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 360;
  const draw = () => {
    const pen = canvas.getContext('2d');
    if (pen === null) return;
    pen.fillStyle = wall;
    pen.fillRect(0, 0, 640, 360);
    pen.fillStyle = '#7a4f2a';
    pen.fillRect(40, 40, 120, 160);
    pen.fillStyle = '#e8e0d0';
    pen.fillRect(52, 52, 96, 136);
    pen.fillStyle = '#35506b';
    pen.beginPath();
    pen.ellipse(320, 380, 150, 140, 0, 0, 7);
    pen.fill();
    pen.fillStyle = skin;
    pen.beginPath();
    pen.ellipse(320, 160, 64, 82, 0, 0, 7);
    pen.fill();
    pen.fillStyle = '#2b1d12';
    pen.beginPath();
    pen.ellipse(320, 96, 68, 38, 0, 0, 7);
    pen.fill();
    pen.fillRect(296, 150, 10, 8);
    pen.fillRect(336, 150, 10, 8);
    pen.fillRect(306, 200, 30, 5);
  };
  draw();
  setInterval(draw, 200);
  return canvas.captureStream(5).getVideoTracks();
}
