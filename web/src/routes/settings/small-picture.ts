/** A picture made small before it is sent: a phone's photo of 8 MB is 60 kB of face. */

/** Twice what is kept, so that the server still has something to choose from. */
const SIDE_PX = 512;
const QUALITY = 0.9;

/** The middle of the picture; the file itself where this browser cannot read it, and the server may. */
export async function smallPicture(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (picture === null) return file;
  const side = Math.min(picture.width, picture.height);
  const canvas = new OffscreenCanvas(Math.min(side, SIDE_PX), Math.min(side, SIDE_PX));
  const pen = canvas.getContext('2d');
  if (pen === null) return file;
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  pen.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
  picture.close();
  // PNG keeps what is transparent, and a drawing's edges.
  return canvas.convertToBlob({ type: file.type === 'image/jpeg' ? 'image/jpeg' : 'image/png', quality: QUALITY });
}
