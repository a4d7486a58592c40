"""English digressions: what people say besides, by tone. No summary mentions it.

With the tones `strangers` and `phone`, A is the one who is at work.
"""

DIGRESSIONS = """\
@ strangers
B: It's busy in here today. | So many people today! Is it always like this?
   || A: Yes, it's been like this since {day}. I think it's because of the holidays.
   | It gets quieter after {time}, believe me. | Not always, but my colleague {name} is ill today.
A: Is it still raining outside? | How's the weather out there now?
   || B: It's pouring. They say it won't stop before {day}.
   | Cold and windy. I nearly lost my hat near {place}.
   | It's getting better. We should have some sunshine on {day}.
   | There's fog everywhere. I couldn't even see {place}.
A: Was there a lot of traffic? | Did you find a parking space all right?
   || B: I left the car behind {place} and walked the rest of the way.
   | Yes, but it took me {number} minutes near {place}.
   | I came on foot from {place}. It's healthier, isn't it? | A kind man near {place} showed me where to go.
B: Something smells good in here. | Is that coffee that I can smell?
   || A: {name} has just made a pot. I could drink it all day long. | That's from the café next to {place}.
   | {name} brought in a cake, but I'm trying to lose weight.
B: What lovely flowers! | I like the flowers over there. Are they real?
   || A: Thank you. {name} brings fresh ones every {day}.
   | They were only {price}, from a little shop near {place}.
   | They're made of paper. My friend {name} is very good at that.
A: Excuse me, there's someone at the door. | Sorry, I have to answer the door.
   || B: Take your time. | Of course.
   || A: It was only {name} with the post. | That was {name}, who always forgets the keys.
   | Somebody was looking for {place}.
B: Sorry, my phone's ringing. | Excuse me, I have to take this call. || A: Please, go ahead. | No problem.
   || B: It was only my friend {name}, who wanted to chat. | That was {name}. I'll call back at {time}.
   | Nothing important. {name} always calls at the wrong moment.
B: Have you had a long day? | You look busy.
   || A: I've been on my feet since {time}.
   | It isn't as bad as last {day}. There wasn't even time for lunch.
   | {name} is new here, so I have to do everything myself.
B: What's that noise outside? | They're building something outside, aren't they?
   || A: They're repairing the street near {place}. It should be over by {day}.
   | That's a new school. It'll take them {number} years, I fear.
   | It's a band from {place}. They practise every {day}.
A: Are you from around here? | Do you live in this part of town?
   || B: Yes, {number} minutes from {place}. | I moved here {number} years ago, and I've never been sorry.
   | No, but I often visit {name}, an old friend of mine.
A: Did you see the match last night? | Did you watch the football?
   || B: Only until {time}, then I fell asleep on the couch. | No, but {name} told me all about it.
   | Yes, with {name}. What a terrible game!
B: My friend {name} told me about this place. | {name} from my choir said good things about you.
   || A: Oh yes, {name} was here on {day} and made us laugh. | I'm glad to hear that. Say hello from us.
@ phone
B: Can you hear me? The line is bad. | Hello? Are you still there?
   || A: Yes, it's better now. Perhaps it's the storm. | I can hear you well.
   | Yes, I just had to close a window.
B: Sorry about the noise. That's my dog. | Excuse me, my dog is barking at the postman.
   || A: Don't worry, my sister has {number} of them. | I know that. {name} here in the office has a dog, too.
A: I'm sorry that you had to wait so long. | Sorry about the wait, we've only got one line.
   || B: It was only {number} minutes, and I liked the music.
   | That's all right. I've been trying since {time}, though.
A: One moment, please, the computer is slow today. | Please wait a second, my pen has run out of ink.
   || B: Take your time, I'm making a sandwich. | That's fine. I'm not leaving the house before {time}.
B: Am I speaking to {name}? | Is {name} there today? We had such a nice chat last time.
   || A: No, {name} is on holiday until {day}. | No, {name} only works here on {day}.
   | {name} has left us after {number} years.
B: I called on {day}, but nobody answered. | Nobody answered the phone on {day}.
   || A: I'm sorry, we were closed for a family celebration. | That's strange, I was here from {time}.
   | Sorry, {name} was ill that day.
A: Excuse me, my colleague is asking me something. | Sorry, someone is standing at my desk.
   || B: That's all right, I can wait. | No problem.
   || A: Thanks. It was only {name}, looking for the scissors.
   | Thank you for waiting. {name} has locked the wrong door.
A: Is it raining where you are? | How's the weather where you are?
   || B: It's fine now, but there'll be a storm on {day}.
   | It has been raining since {time}, and my cellar is wet.
B: I can hear music behind you. | What's that music? I know the song.
   || A: That's only {name}'s radio. I'll close the door. | {name} is practising for a show on {day}.
A: How did you hear about us? | May I ask how you found us?
   || B: My neighbour {name} told me. | I saw your sign near {place}.
   | There was a poster at {place}, a very colourful one.
@ street
A: It's so windy here today. | What terrible weather!
   || B: It'll be like this until {day}, the radio says. | Yes, I nearly lost my hat near {place}.
B: Are you here on holiday? | Is this your first time here?
   || A: Yes, we're staying until {day}. | I'm visiting my friend {name}.
   | I was here {number} years ago, but I've forgotten everything.
B: Have you seen {place} yet? | You should also see {place}. It's beautiful at night.
   || A: I was there on {day} and took hundreds of photos. | My friend {name} says that, too.
A: It's very noisy here. | What's all that noise?
   || B: They're repairing the road near {place}. | That's the market. It closes at {time}.
B: Sorry, my phone's ringing. | Excuse me, that's my phone. || A: Of course. | No problem.
   || B: It was only {name}, who can't find the keys. | That was my brother {name}, and he's hungry.
A: Something smells good here. | What a lovely smell!
   || B: That's my cousin {name}'s bakery. | {name} over there sells warm bread every {day}.
@ friends
A: How's {name} doing? | And how's {name} these days?
   || B: Fine, we had lunch together on {day}. | Very well, and the new baby is lovely.
   | I met {name} near {place} at {time}. | Busy, as always. {name} has just found a new job at {place}.
B: Did you watch the match on {day}? | Did you see that film on {day}?
   || A: Only the first half, then I fell asleep on the couch.
   | No, I went to bed at {time} with a headache. | Yes, with {name}. We ate far too many crisps.
A: Is that a new scarf? | I like your jacket. It suits you.
   || B: Thanks, it was only {price} at the shop near {place}. | Thank you. {name} gave it to me.
B: Sorry, my phone's ringing. | One second, I have to answer this. || A: Sure. | No problem.
   || B: It was only {name}, who can't find the way to {place}. | {name} wanted to know something about {day}.
A: This weather makes me tired. | It's so cold today, even with two pullovers.
   || B: It'll get warmer on {day}. | They say there'll be snow on {day}.
   | I know. I forgot my gloves at {place}.
B: I hardly slept last night. | I'm so tired today. || A: Poor you. What happened? | Oh no. Why is that?
   || B: The dog next door barked until {time}.
   | {name} called in the middle of the night, just to sing me a song.
A: My bus was full again this morning. | The traffic was terrible this morning.
   || B: I know, I walked from {place} with an empty stomach.
   | I saw it. They're repairing the road near {place}.
B: Have you been to the new café next to {place}? | Have you tried the new café near {place}?
   || A: No, but {name} goes there every {day}, just for the cheesecake.
   | Not yet, but {name} says that it's expensive.
A: Do you still go running? | Are you still learning the piano?
   || B: Every {day}, if I'm not too lazy. | Not since last summer. I've got no patience.
   | Yes, with {name}. We get better every week.
B: I lost my wallet yesterday. | I couldn't find my phone yesterday.
   || A: Oh no. And now? | Did you look everywhere?
   || B: All is well, {name} found it near {place}. | In the end, {name} saw it under a bench near {place}.
A: Guess who I saw near {place}. | Do you know who I met near {place}? || B: I have no idea. Who? | Tell me.
   || A: {name}, with a funny new haircut. | Our old teacher, on a motorbike! | {name}, after {number} years.
B: I'm hungry. | I haven't eaten anything today.
   || A: Have an apple. {name} gave me a whole bag.
   | There's a good bakery near {place}. Try the walnut bread.
@ work
B: The printer has stopped again. | Have you seen the printer? There's smoke coming out of it!
   || A: I know. {name} has called the service, but they can't come before {day}.
   | Just hit it on the left side.
A: Have you met our new colleague yet? | Have you spoken to our new colleague?
   || B: {name}? Yes, we had coffee together on {day}.
   | Only for {number} minutes, but {name} seems very nice.
B: What's for lunch in the canteen? | Do you know what they're cooking in the canteen today?
   || A: Sausages, I believe. I'd rather go to the snack bar near {place}.
   | {name} says that it's spinach again.
A: It's so cold in this office. | Can you feel the cold air, too?
   || B: {name} always leaves the windows open. | They'll repair the heating on {day}, or so they say.
A: Did you have a good weekend? | How was your weekend?
   || B: Very nice. I went to {place} with {name}. | Too short! I slept until {time}.
   | I painted a wall, and now my arms hurt.
B: Sorry, the phone's ringing. | One second, I have to answer this. || A: Go ahead. | No problem.
   || B: A wrong number. They wanted {place}. | It was {name} from the front desk, about a parcel.
B: Is it true that {name} is leaving? | Have you heard about {name}?
   || A: Yes, there'll be a little party on {day}. | Yes, after {number} years! I can't believe it.
A: My train was full again this morning. | The traffic was terrible this morning.
   || B: I know, I walked from {place} in the rain. | You should leave home before {time}, like {name}.
@ school
A: Your shoes are full of mud. | Is that a grass stain on your shirt?
   || B: I played football with {name} near {place}. | Sorry, I fell off my bike near {place}.
A: Did you enjoy the school trip on {day}? | What did you think of the school trip?
   || B: Yes, but {name} was sick on the bus. | It was great. I took {number} photos of {place}.
B: Is it true that {name} is leaving our school? | Why isn't {name} here today?
   || A: {name} is in bed with a fever. | We'll talk about that on {day} with the whole class.
B: Your new classroom is nice. | I like the map on the wall.
   || A: Thank you. {name} painted it. | It was only {price} at the shop near {place}.
A: Please close the window. It's cold. | What a storm! Would you close the window?
   || B: It's stuck. {name} tried it, too. | Of course. They say there'll be snow on {day}.
B: There's a wasp on your desk! | Careful, there's a spider on your chair!
   || A: Oh! Thank you. We had {number} of them yesterday. | That's all right, {name} will carry it outside.
A: Are you in the school play this year? | Will you sing in our concert?
   || B: Yes, I'm a tree. {name} is the king. | No, but {name} asked me to sell drinks on {day}.
"""
