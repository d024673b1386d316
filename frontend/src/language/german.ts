/** German texts by the English ones. */
export const german: Readonly<Record<string, string>> = {
  'Alt + click on a mark': 'Alt + Klick auf eine Marke',
  'Select it; Delete takes it out of the log':
    'Sie auswählen; Entf nimmt sie aus dem Verlauf',
  'Stopping keeps the slices that have come.':
    'Anhalten behält die Schichten, die gekommen sind.',
  'Stopped. What has come stays; the engine is brought there.':
    'Angehalten. Was gekommen ist, bleibt; das Modell wird dorthin gebracht.',
  'All slices are accepted. Submit the case when you are done with it.':
    'Alle Schichten sind angenommen. Den Fall abgeben, wenn Sie fertig sind.',
  'The chosen label is not there; nothing has changed.':
    'Das gewählte Label ist dort nicht; nichts hat sich geändert.',
  'The chosen label is locked against paint. Unlock it first.':
    'Das gewählte Label ist gegen Farbe gesperrt. Erst entsperren.',
  'To interpolate, the chosen label must be on a slice before and on one after that you have marked, painted or accepted.':
    'Zum Interpolieren muss das gewählte Label auf einer Schicht davor und einer danach sein, die Sie markiert, gemalt oder angenommen haben.',
  'Remove the label from this slice': 'Das Label aus dieser Schicht entfernen',
  'Remove the label from all slices': 'Das Label aus allen Schichten entfernen',
  'Remove here': 'Hier entfernen',
  'Remove everywhere': 'Überall entfernen',
  'Paint over {name}': '{name} übermalen',
  '{name} is locked against paint: unlock':
    '{name} ist gegen Farbe gesperrt: entsperren',
  'Lock {name} against paint': '{name} gegen Farbe sperren',
  'Submit the case': 'Den Fall abgeben',
  'Work in this tab': 'In diesem Tab arbeiten',
  'Put the notices away': 'Die Hinweise weglegen',
  'Ask again for slices that did not come':
    'Schichten, die nicht kamen, noch einmal anfordern',
  'Label before': 'Voriges Label',
  'Label after': 'Nächstes Label',
  'Lock or unlock the label': 'Das Label sperren oder entsperren',
  'Show or hide the label': 'Das Label zeigen oder verbergen',
  'Paint with a ball, or on the slice':
    'Mit einer Kugel malen, oder auf der Schicht',
  'Keep paint to values, or not': 'Farbe auf Werte beschränken, oder nicht',
  'Undo everything after the turn selected in the history':
    'Alles nach dem im Verlauf gewählten Schritt rückgängig machen',
  'Crosshair up': 'Fadenkreuz nach oben',
  'Crosshair down': 'Fadenkreuz nach unten',
  'Crosshair to the left': 'Fadenkreuz nach links',
  'Crosshair to the right': 'Fadenkreuz nach rechts',
  'Darker picture': 'Dunkleres Bild',
  'Brighter picture': 'Helleres Bild',
  'More contrast': 'Mehr Kontrast',
  'Less contrast': 'Weniger Kontrast',
  'Window: Abdomen': 'Fenster: Abdomen',
  'Window: Liver': 'Fenster: Leber',
  'Window: Lung': 'Fenster: Lunge',
  'Window: Bone': 'Fenster: Knochen',
  'Window: Brain': 'Fenster: Hirn',
  'Fainter other series': 'Andere Serie schwächer',
  'Stronger other series': 'Andere Serie stärker',
  'Slice {n} of {count} of {name}': 'Schicht {n} von {count} von {name}',
  'slice z': 'Schicht z',
  'The computer that worked on this stopped. It is begun again by itself; nothing is lost.':
    'Der Rechner, der daran arbeitete, fiel aus. Es beginnt von selbst von neuem; nichts ist verloren.',
  'That was too often. Wait a moment, then try again.':
    'Das war zu oft. Kurz warten, dann noch einmal versuchen.',
  'Something went wrong on the server. Nothing is lost; try again in a moment.':
    'Auf dem Server ging etwas schief. Nichts ist verloren; gleich noch einmal versuchen.',
  'The server is being restarted. Try again in a moment.':
    'Der Server startet gerade neu. Gleich noch einmal versuchen.',
  'Something went wrong on this page. Nothing is lost: what is not saved is kept here. Reload the page.':
    'Auf dieser Seite ging etwas schief. Nichts ist verloren: was nicht gespeichert ist, ist hier aufbewahrt. Die Seite neu laden.',
  'Erase paint': 'Farbe entfernen',
  'Bring back everything up to this': 'Alles bis hierher wiederherstellen',
  '{n} older ones': '{n} ältere',
  'Keys with Alt belong to the browser; choose another one.':
    'Tasten mit Alt gehören dem Browser; bitte eine andere wählen.',
  '1 stroke': '1 Strich',
  '{n} strokes': '{n} Striche',
  '1 change': '1 Änderung',
  '{n} changes': '{n} Änderungen',
  'closed: {steps} kept here': 'geschlossen: {steps} hier aufbewahrt',
  closed: 'geschlossen',
  'offline: all saved': 'offline: alles gespeichert',
  'offline: {steps} kept': 'offline: {steps} aufbewahrt',
  'offline: {steps} kept until this page closes':
    'offline: {steps} aufbewahrt, bis diese Seite geschlossen wird',
  'connecting: {steps} kept': 'verbindet: {steps} aufbewahrt',
  connecting: 'verbindet',
  saving: 'speichert',
  'all saved v{version}': 'alles gespeichert v{version}',
  '{n} not sent: kept here': '{n} nicht gesendet: hier aufbewahrt',
  'open in another tab: you may look':
    'in einem anderen Tab offen: nur ansehen',
  'open elsewhere: you may look': 'anderswo offen: nur ansehen',
  'Work here': 'Hier arbeiten',
  'quality {n} %': 'Qualität {n} %',
  untouched: 'unberührt',
  predicted: 'vorhergesagt',
  scribbled: 'markiert',
  accepted: 'angenommen',
  'The server cannot be reached. Check the network, then reload the page.':
    'Der Server ist nicht zu erreichen. Das Netz prüfen, dann die Seite neu laden.',
  'The stored mask did not come. It is safe on the server, and asked for again.':
    'Die gespeicherte Maske kam nicht. Sie liegt sicher auf dem Server und wird noch einmal geholt.',
  'You are not logged in any more. Log in and open the case again: what you marked is kept here and sent then.':
    'Sie sind nicht mehr angemeldet. Bitte anmelden und den Fall wieder öffnen: Markiertes ist hier aufbewahrt und wird dann gesendet.',
  'This case is not open to you any more. Ask the project lead.':
    'Dieser Fall steht Ihnen nicht mehr offen. Bitte die Projektleitung fragen.',
  'This case has been submitted. Ask the project lead to assign it again.':
    'Dieser Fall ist abgegeben. Die Projektleitung kann ihn neu zuweisen.',
  'This project no longer offers the model of this case. Ask its lead.':
    'Dieses Projekt bietet das Modell dieses Falls nicht mehr an. Bitte die Projektleitung fragen.',
  'The model is still answering. Submit again in a moment.':
    'Das Modell antwortet noch. Gleich noch einmal abgeben.',
  'This case is open already; there is one session at a time.':
    'Dieser Fall ist schon offen; es gibt immer nur eine Sitzung.',
  'This mark is not in this case.': 'Diese Marke ist nicht in diesem Fall.',
  'Only the reader of this case may change it; you may look.':
    'Nur der Leser dieses Falls darf ihn ändern; Sie dürfen ihn ansehen.',
  'This mark is too large to be sent at once. It is kept here: press Enter to send it in parts, or Ctrl+Z to take it back.':
    'Diese Marke ist zu groß, um auf einmal gesendet zu werden. Sie ist hier aufbewahrt: Eingabe sendet sie in Teilen, Strg+Z nimmt sie zurück.',
  'The server could not read this mark. It is kept here: reload the page and send it again, or take it back with Ctrl+Z.':
    'Der Server konnte diese Marke nicht lesen. Sie ist hier aufbewahrt: die Seite neu laden und sie noch einmal senden, oder mit Strg+Z zurücknehmen.',
  'The server has another mark under this name. This one is kept here: press Enter to send it again.':
    'Der Server hat unter diesem Namen eine andere Marke. Diese ist hier aufbewahrt: Eingabe sendet sie noch einmal.',
  'This page is older than the server. Reload it; nothing is lost.':
    'Diese Seite ist älter als der Server. Neu laden; nichts geht verloren.',
  'There is nothing to undo.': 'Es gibt nichts rückgängig zu machen.',
  'There is nothing to bring back.': 'Es gibt nichts wiederherzustellen.',
  'Marks that the model has not seen yet: {n}.':
    'Marken, die das Modell noch nicht gesehen hat: {n}.',
  'Send them, or take them back, before you submit.':
    'Vor dem Abgeben senden oder zurücknehmen.',
  'Send them': 'Jetzt senden',
  'A mark is begun and not finished; it is not part of the case.':
    'Eine Marke ist begonnen und nicht fertig; sie gehört nicht zum Fall.',
  'The model of this case does not take such a mark.':
    'Das Modell dieses Falls nimmt keine solche Marke.',
  'The model of this case takes such marks on a single slice only.':
    'Das Modell dieses Falls nimmt solche Marken nur auf einer einzelnen Schicht.',
  'The mark lies outside the volume. Mark inside the image.':
    'Die Marke liegt außerhalb des Volumens. Im Bild markieren.',
  'This label is not one of the project. Choose one from the list.':
    'Dieses Label gehört nicht zum Projekt. Eines aus der Liste wählen.',
  'There is nothing in this mark. Draw something first.':
    'In dieser Marke ist nichts. Zuerst etwas zeichnen.',
  'The model of this case is no longer offered. Ask the project lead.':
    'Das Modell dieses Falls wird nicht mehr angeboten. Bitte die Projektleitung fragen.',
  'The image of this case cannot be read. Tell the project lead.':
    'Das Bild dieses Falls ist nicht lesbar. Der Projektleitung Bescheid geben.',
  'The image of this case is not the one that was imported. Tell the project lead.':
    'Das Bild dieses Falls ist nicht das eingelesene. Der Projektleitung Bescheid geben.',
  'Something went wrong on the server; it has been noted. Try again.':
    'Auf dem Server ist etwas schiefgegangen; es ist vermerkt. Noch einmal versuchen.',
  '{engine} takes marks on the large slice only':
    '{engine} nimmt Marken nur auf der großen Schicht',
  'This tool works on the large slice only':
    'Dieses Werkzeug wirkt nur auf der großen Schicht',
  'Livewire: fill what a line along edges encloses':
    'Livewire: füllen, was eine Linie entlang der Kanten umschließt',
  'Livewire: a line along edges': 'Livewire: eine Linie entlang der Kanten',
  'Close the livewire, or send the marks collected on demand':
    'Die Livewire-Linie schließen, oder die gesammelten Marken senden',
  'Where the engine is unsure': 'Wo das Modell unsicher ist',
  Unsure: 'Unsicher',
  sure: 'sicher',
  unsure: 'unsicher',
  'The engine tells no uncertainty here: it has not answered this slice since the case was opened, or never tells any.':
    'Das Modell sagt hier keine Unsicherheit: es hat diese Schicht nicht beantwortet, seit der Fall offen ist, oder es sagt nie eine.',
  'Uncertainty is asked for': 'Unsicherheit wird erfragt',
  'Slice {n} has not come': 'Schicht {n} ist nicht gekommen',
  'Try again': 'Noch einmal',
  'An answer could not be read. Nothing is lost; reload the page.':
    'Eine Antwort war nicht lesbar. Nichts ist verloren; die Seite neu laden.',
  'The mask shown here was not the stored one. The stored one is shown now.':
    'Die Maske hier war nicht die gespeicherte. Jetzt wird die gespeicherte gezeigt.',
  'Slice {slice} could not be loaded. It is tried again, and shown when it is here.':
    'Schicht {slice} konnte nicht geladen werden. Sie wird wieder angefragt und gezeigt, sobald sie da ist.',
  'The image and the mask do not lie on each other. Do not annotate this case; tell the project lead.':
    'Bild und Maske liegen nicht aufeinander. Diesen Fall nicht bearbeiten; der Projektleitung Bescheid geben.',
  'The graphics card stopped drawing. It is drawn plainly now; nothing is lost.':
    'Die Grafikkarte zeichnet nicht mehr. Jetzt wird einfach gezeichnet; nichts ist verloren.',
  'At an address without https the browser cannot compare the mask with the stored one.':
    'An einer Adresse ohne https kann der Browser die Maske nicht mit der gespeicherten vergleichen.',
  'Slice {slice} of the other series {series} could not be loaded. It is tried again, and shown when it is here.':
    'Schicht {slice} der anderen Serie {series} konnte nicht geladen werden. Sie wird noch einmal versucht und gezeigt, wenn sie da ist.',
  '{n} not sent: kept until this page closes':
    '{n} nicht gesendet: aufbewahrt, bis diese Seite geschlossen wird',
  'You are not logged in any more. Log in and open the case again.':
    'Sie sind nicht mehr angemeldet. Anmelden und den Fall neu öffnen.',
  'You may not do this. Log in again or ask the project lead.':
    'Das ist Ihnen nicht erlaubt. Neu anmelden oder die Projektleitung fragen.',
  'This case does not exist, or it is not yours.':
    'Diesen Fall gibt es nicht, oder es ist nicht Ihrer.',
  'This case cannot be opened': 'Dieser Fall kann nicht geöffnet werden',
  'Pictures drawn by (from the next case on)':
    'Bilder gezeichnet von (ab dem nächsten Fall)',
  'What suits this computer': 'Was zu diesem Rechner passt',
  'The graphics card': 'Grafikkarte',
  'The processor': 'Prozessor',
  Axial: 'Axial',
  Coronal: 'Koronar',
  Sagittal: 'Sagittal',
  '{plane} plane {n} of {count}': 'Ebene {plane} {n} von {count}',
  'Accept slice': 'Schicht annehmen',
  'Accept this slice and go to the next':
    'Diese Schicht annehmen und zur nächsten gehen',
  'All slices accepted': 'Alle Schichten angenommen',
  Answers: 'Antworten',
  Auto: 'Auto',
  'Back to the worklist': 'Zurück zur Arbeitsliste',
  Back: 'Zurück',
  Background: 'Hintergrund',
  Ball: 'Kugel',
  'Black for white': 'Schwarz und Weiß tauschen',
  Cancel: 'Abbrechen',
  'Choose a key to change it, then press the new one.':
    'Eine Taste wählen, um sie zu ändern; dann die neue drücken.',
  Close: 'Schließen',
  Comfort: 'Bequemlichkeit',
  Copy: 'Kopieren',
  Done: 'Fertig',
  'Drag the crosshair. Shift+X puts it down.':
    'Das Fadenkreuz ziehen. Shift+X legt es weg.',
  'Drag to measure. Shift+R puts the ruler down.':
    'Zum Messen ziehen. Shift+R legt das Lineal weg.',
  'Fill the slices between two that you have seen to':
    'Die Schichten zwischen zwei bearbeiteten füllen',
  'First keys again': 'Anfängliche Tasten',
  'Fit the picture into the window': 'Bild einpassen',
  Further: 'Weiter weg',
  'Go to slice {n} and show its marks':
    'Zu Schicht {n} gehen und ihre Marken zeigen',
  'Highest value painted': 'Höchster Wert, der bemalt wird',
  History: 'Verlauf',
  Interpolate: 'Interpolieren',
  Inverse: 'Invers',
  'Keep to values': 'Nur Werte von',
  'Keys and mouse': 'Tasten und Maus',
  Keys: 'Tasten',
  'Labels and view': 'Labels und Ansicht',
  Labels: 'Labels',
  'Leave the tour': 'Rundgang verlassen',
  'Lines of the crosshair': 'Linien des Fadenkreuzes',
  Live: 'Sofort',
  'Lowest value painted': 'Niedrigster Wert, der bemalt wird',
  'Marks are collected until you press Enter':
    'Marken werden gesammelt, bis Enter gedrückt wird',
  Marks: 'Marken',
  'Mask of {label} here': 'Maske von {label} hier',
  'Mask opacity': 'Deckkraft der Maske',
  Mask: 'Maske',
  Nearer: 'Näher',
  'Next slice': 'Nächste Schicht',
  Next: 'Weiter',
  'Nothing marked yet.': 'Noch nichts markiert.',
  'On demand': 'Auf Abruf',
  Outlines: 'Umrisse',
  'Paint into the slices above and below as well':
    'Auch in die Schichten darüber und darunter malen',
  'Paint only voxels whose value lies between two bounds':
    'Nur Voxel bemalen, deren Wert zwischen zwei Grenzen liegt',
  Paint: 'Malen',
  'Point at a voxel. Shift+H puts the probe down.':
    'Auf ein Voxel zeigen. Shift+H legt die Sonde weg.',
  'Point at what to see larger. Shift+G puts the magnifier down.':
    'Zeigen, was größer sein soll. Shift+G legt die Lupe weg.',
  'Previous slice': 'Vorige Schicht',
  'Propagate slice {n}': 'Schicht {n} fortsetzen',
  Propagate: 'Fortsetzen',
  Propagating: 'Wird fortgesetzt',
  'Put this notice away': 'Diesen Hinweis weglegen',
  Redo: 'Wiederholen',
  'Remove the measures': 'Messungen entfernen',
  'Run through the slices': 'Schichten durchlaufen',
  'Save keys as a file': 'Tasten als Datei sichern',
  'Send one mark': 'Eine Marke senden',
  'Send {count} marks': '{count} Marken senden',
  Settings: 'Einstellungen',
  'Show me around': 'Rundgang',
  'Show or hide marks': 'Marken zeigen oder verbergen',
  'Show or hide outlines': 'Umrisse zeigen oder verbergen',
  'Show {name}': '{name} zeigen',
  'Hide {name}': '{name} verbergen',
  Slice: 'Schicht',
  'Smooth picture, or single voxels': 'Glattes Bild oder einzelne Voxel',
  Smooth: 'Glatt',
  'Space accepts the slice and cannot be given away.':
    'Die Leertaste nimmt die Schicht an und bleibt dabei.',
  Space: 'Leertaste',
  'Step {n} of {count}': 'Schritt {n} von {count}',
  Stop: 'Halt',
  'Stroke width': 'Strichbreite',
  Stroke: 'Strich',
  'Submit case': 'Fall abgeben',
  'Take keys from a file': 'Tasten aus einer Datei',
  'Take this out of the log': 'Aus dem Verlauf nehmen',
  'Take this out: the model unlearns it':
    'Herausnehmen: das Modell verlernt es',
  'The engine answers every mark at once': 'Jede Marke wird sofort beantwortet',
  'The engine is working': 'Das Modell rechnet',
  'The keys of {file} hold now.': 'Die Tasten aus {file} gelten jetzt.',
  'The slice whose mask looks worst to the engine':
    'Die Schicht, deren Maske dem Modell am schlechtesten scheint',
  Tools: 'Werkzeuge',
  'Undo everything after this': 'Alles danach rückgängig machen',
  Undo: 'Rückgängig',
  View: 'Ansicht',
  'Window that suits the slice': 'Fenster passend zur Schicht',
  Window: 'Fenster',
  Worklist: 'Arbeitsliste',
  'Worst slice: {n}': 'Schlechteste Schicht: {n}',
  'Zoom to the mask': 'Auf die Maske zoomen',
  background: 'Hintergrund',
  'centre {center}, width {width}': 'Mitte {center}, Breite {width}',
  'no worker yet': 'noch kein Rechner',
  none: 'keine',
  'slice {n} of {count}': 'Schicht {n} von {count}',
  'slice {n}': 'Schicht {n}',
  'slices {first}–{last}': 'Schichten {first}–{last}',
  submitted: 'abgegeben',
  to: 'bis',
  'worker {name}': 'Rechner {name}',
  'you may look': 'nur ansehen',
  '{file} is no file of keys; nothing has changed.':
    '{file} ist keine Tastendatei; nichts wurde geändert.',
  '{key} does it now: {title}': '{key} macht es jetzt: {title}',
  '{n} of {count} slices here': '{n} von {count} Schichten da',
  '{n} of {count} slices are accepted.':
    '{n} von {count} Schichten sind angenommen.',
  'After this you can look at the case but not change it.':
    'Danach kann der Fall angesehen, aber nicht mehr geändert werden.',
  'Submit this case?': 'Diesen Fall abgeben?',
  'An answer is still on its way; submit when it is here.':
    'Eine Antwort ist noch unterwegs; abgeben, wenn sie da ist.',
  Submit: 'Abgeben',
  Scribble: 'Strich',
  'Scribble background': 'Strich für Hintergrund',
  Click: 'Klick',
  Box: 'Kasten',
  'Move the picture': 'Bild bewegen',
  'Narrower stroke': 'Schmalerer Strich',
  'Wider stroke': 'Breiterer Strich',
  'Give up the stroke, or the answer being made':
    'Strich oder laufende Antwort aufgeben',
  'Show all keys': 'Alle Tasten zeigen',
  'Interpolate the label between slices':
    'Label zwischen Schichten interpolieren',
  'Copy the label from the slice before':
    'Label aus der Schicht davor kopieren',
  'Copy the label from the slice after':
    'Label aus der Schicht danach kopieren',
  'Propagate to the slices before': 'Zu den Schichten davor fortsetzen',
  'Propagate to the slices after': 'Zu den Schichten danach fortsetzen',
  'Propagate both ways': 'In beide Richtungen fortsetzen',
  'Go to the slice whose mask looks worst':
    'Zur Schicht mit der schlechtesten Maske',
  'Answers live, or on demand': 'Antworten sofort oder auf Abruf',
  'Show or hide the history': 'Verlauf zeigen oder verbergen',
  'Take the turn selected in the history out of the log':
    'Den gewählten Schritt aus dem Verlauf nehmen',
  'Next layout of panes': 'Nächste Anordnung',
  'Next window': 'Nächstes Fenster',
  'Picture to the left': 'Bild nach links',
  'Picture to the right': 'Bild nach rechts',
  'Picture up': 'Bild nach oben',
  'Picture down': 'Bild nach unten',
  'First slice': 'Erste Schicht',
  'Last slice': 'Letzte Schicht',
  'Run through the slices, or stop': 'Schichten durchlaufen oder anhalten',
  Crosshair: 'Fadenkreuz',
  Ruler: 'Lineal',
  'Value probe': 'Wertsonde',
  Magnifier: 'Lupe',
  'Fainter mask': 'Blassere Maske',
  'Stronger mask': 'Kräftigere Maske',
  'Label 1': 'Label 1',
  'Label 2': 'Label 2',
  'Label 3': 'Label 3',
  'Label 4': 'Label 4',
  'Label 5': 'Label 5',
  'Label 6': 'Label 6',
  'Label 7': 'Label 7',
  'Label 8': 'Label 8',
  'Label 9': 'Label 9',
  'Four outermost points': 'Vier äußerste Punkte',
  Lasso: 'Lasso',
  'Brush: your own mask': 'Pinsel: eigene Maske',
  Eraser: 'Radierer',
  Scissors: 'Schere',
  'Scissors: fill or cut what a line encloses':
    'Schere: füllen oder schneiden, was eine Linie umschließt',
  'Fill the holes of the label here': 'Löcher des Labels hier füllen',
  'Keep the largest part of the label here':
    'Größten Teil des Labels hier behalten',
  'Smooth the border of the label here': 'Rand des Labels hier glätten',
  'Grow the label here by one voxel': 'Label hier um ein Voxel vergrößern',
  'Shrink the label here by one voxel': 'Label hier um ein Voxel verkleinern',
  'One large pane': 'Ein großes Bild',
  'Two planes beside the slice': 'Zwei Ebenen neben der Schicht',
  'Three planes side by side': 'Drei Ebenen nebeneinander',
  Dark: 'Dunkel',
  Light: 'Hell',
  'Reading room': 'Befundraum',
  Theme: 'Aussehen',
  'Size of text and buttons': 'Größe von Text und Knöpfen',
  Language: 'Sprache',
  'Colours of labels': 'Farben der Labels',
  "The project's": 'Die des Projekts',
  'Safe for colour-blind eyes': 'Für Farbenblinde unterscheidbar',
  'Outlines with dashes of their own': 'Umrisse mit eigenen Strichmustern',
  'Left-handed: tools on the right': 'Linkshändig: Werkzeuge rechts',
  Default: 'Vorgabe',
  Abdomen: 'Abdomen',
  Liver: 'Leber',
  Lung: 'Lunge',
  Bone: 'Knochen',
  Brain: 'Gehirn',
  Drag: 'Ziehen',
  'Mark with the chosen tool': 'Mit dem gewählten Werkzeug markieren',
  Wheel: 'Rad',
  'One slice per notch': 'Eine Schicht je Raste',
  'Right drag': 'Rechts ziehen',
  'Window: width and centre': 'Fenster: Breite und Mitte',
  'Middle drag, Space + drag': 'Mitte oder Leertaste + ziehen',
  'Ctrl + wheel': 'Strg + Rad',
  Zoom: 'Zoom',
  'Two fingers': 'Zwei Finger',
  'Move and zoom the picture': 'Bild bewegen und zoomen',
  Both: 'Beide',
  Forward: 'Vorwärts',
  'Fill holes': 'Löcher füllen',
  Largest: 'Größter Teil',
  Grow: 'Größer',
  Shrink: 'Kleiner',
  'Four points': 'Vier Punkte',
  Accept: 'Annehmen',
  Look: 'Ansehen',
  'Draw a stroke inside what you want to segment. The model answers with a mask; a stroke where it is wrong teaches it.':
    'Einen Strich in das zeichnen, was segmentiert werden soll. Das Modell antwortet mit einer Maske; ein Strich an einer falschen Stelle belehrt es.',
  'Choose the label to draw here, or press its number. Background takes a wrong part away.':
    'Hier das Label wählen oder seine Ziffer drücken. Hintergrund nimmt Falsches weg.',
  'Scroll through the slices with the wheel. The strip shows which ones have a mask, strokes, or are accepted.':
    'Mit dem Rad durch die Schichten gehen. Der Streifen zeigt, welche eine Maske oder Striche haben oder angenommen sind.',
  'When a slice is right, Space accepts it and goes on to the next.':
    'Ist eine Schicht richtig, nimmt die Leertaste sie an und geht zur nächsten.',
  'Anything can be undone, also what the model has learnt. Everything is saved as you draw.':
    'Alles lässt sich rückgängig machen, auch was das Modell gelernt hat. Gesichert wird beim Zeichnen.',
  'Press ? to see every key, and change any of them. Themes, sizes and languages are in the settings.':
    '? zeigt alle Tasten und ändert sie. Aussehen, Größe und Sprache stehen in den Einstellungen.',
  'Surface of the mask': 'Oberfläche der Maske',
  'Surface of the mask: arrow keys turn it':
    'Oberfläche der Maske: Pfeiltasten drehen sie',
  Surface: 'Oberfläche',
  'The surface cannot be made: the program for it did not start. Close the pane and open it again.':
    'Die Oberfläche kann nicht gebildet werden: das Programm dafür startete nicht. Die Ansicht schließen und wieder öffnen.',
  'This browser cannot draw in three dimensions now: WebGL 2 is missing, or was taken away.':
    'Dieser Browser kann jetzt nicht räumlich zeichnen: WebGL 2 fehlt oder wurde ihm entzogen.',
  'The surface is being made.': 'Die Oberfläche wird berechnet.',
  'No label has a mask yet.': 'Noch hat kein Label eine Maske.',
  'Oblique plane': 'Schräge Ebene',
  'Oblique plane: arrow keys turn it, Home puts it straight':
    'Schräge Ebene: Pfeiltasten drehen sie, Pos1 richtet sie gerade',
  Oblique: 'Schräg',
  'Other series': 'Andere Serie',
  'Other series {name}: Shift with the arrow keys moves it alone':
    'Andere Serie {name}: Umschalt mit den Pfeiltasten bewegt nur sie',
  'Lay over': 'Überlagern',
  'Lay the other series over the case': 'Die andere Serie über den Fall legen',
  'Next other series of the patient, or none':
    'Nächste andere Serie des Patienten, oder keine',
  Strength: 'Stärke',
  'linked by place': 'nach Ort verbunden',
  'linked by slice number': 'nach Schichtnummer verbunden',
  'ends here': 'endet hier',
  Narrow: 'Eng',
  Wide: 'Weit',
  'All but the darkest and the brightest {share} % of the slice':
    'Alles außer den dunkelsten und hellsten {share} % der Schicht',
};
