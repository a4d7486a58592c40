"""English situations: at home, with friends and neighbours."""

HOME = """\
## flat viewing
@ strangers
- flat: a flat with two rooms | a flat with a garden | a small flat | a flat with a balcony
   | a flat under the roof | a large flat | a flat with a fireplace | a ground floor flat
   | a flat with three rooms
- drawback: the kitchen is small | the street is loud | there's no lift | the bathroom is old
   | it's dark in winter | the windows are old | the walls are thin | there's no cellar
- rent: five hundred euros | six hundred euros | seven hundred euros | eight hundred euros
   | nine hundred euros
A: Welcome, please come in. | Hello, come in, and mind the step.
   || B: Thank you. So this is {flat}? | Thanks. You wrote that it's {flat}.
   || A: Yes, have a look around. | That's right.
< B: How much is it, and is there a bus?
   || A: It's {rent} a month. The bus stops near {place}.
   | The rent is {rent}, and there's a bus stop next to {place}.
* B: How much is the rent? | What does it cost a month? || A: It's {rent} a month. | The rent is {rent}.
* B: Where exactly is the nearest bus stop? | How do I get into town?
   || A: The bus stops near {place}. | There's a bus stop next to {place}.
~ rent A: Sorry, {rent.old} was the old rent. Now it's {rent}.
   | No, I have to correct myself. It's {rent}, not {rent.old}.
   || B: {rent}, I see. | All right, {rent} is still possible.
A: I should tell you that {drawback}. | To be honest, {drawback}.
   || B: I thought so. | Thank you for saying so. | I can live with that.
B: When could I move in? | When will it be free? || A: From {day} on. | It'll be free from {day} on.
~ day A: Wait, they're leaving later. It'll be free from {day} on, not {day.old}.
   || B: {day} is fine, too. | That makes no difference to me.
+ B: Who lives upstairs? | Who are the neighbours?
   || A: A quiet couple. | A family with {number} children. | A retired violinist who hardly ever practises.
+ C: Mum, is there a room for me? || B: Yes, the one over there. || C: But it's so small!
+ B: May I keep a cat? || A: A cat is no problem. | I'd rather not have any animals here.
+ B: I'll think about it. | I'd like to sleep on it. || A: Of course. Call me soon. | Take your time.
= {A} shows {B} {flat} for {rent} a month. It is free from {day} on, but {drawback}.
= {B} looks at {flat}, which costs {rent} a month and is free from {day} on, but {drawback}.
= {A} shows {B} {flat} that is free from {day} on and says that {drawback}. The rent is {rent} a month.
= {B} visits {flat} for {rent} a month. {A} says that {drawback}.

## moving house
@ friends
- heavy: the piano | the fridge | the big wardrobe | the sofa | the washing machine | the bookcase
   | the kitchen table | the bed | the oven | the mirror
- reward: pizza | a good dinner | cake and coffee | free drinks | a big breakfast | homemade soup
A: Hi {name}, have you got a minute? | {name}, may I ask you something?
   || B: Sure, what is it? | Of course, go ahead.
A: I'm moving house, and I need help with {heavy}. | I'm moving soon, and I can't carry {heavy} alone.
   || B: When is that? | Oh! On which day? || A: On {day}. | This {day}.
~ day A: No, hold on. The van is only free on {day}, so not {day.old}.
   | What am I saying? I mean {day}, not {day.old}.
   || B: {day}? That works, too. | Even better. I'm free on {day}.
< B: Tell me when and where.
   || A: At {time}. The new flat is near {place}. | We start at {time}. It's near {place}.
* B: What time should I be there? | And at what time? || A: At {time}. | We start at {time}.
* B: Where are you moving to? | Where's the new flat? || A: It's near {place}. | To a street near {place}.
~ heavy A: By the way, my brother will take {heavy.old}. It's {heavy} that I need you for.
   || B: {heavy}? All right. | Then I'll help with {heavy}.
+ B: Is anybody else coming? || A: Yes, {name2} is coming, too. | I've asked {name2}.
+ B: My back isn't what it was. | I'm not very strong, you know.
   || A: We'll be careful. | We've got straps and a trolley.
+ C: Do you need boxes? || A: Yes, as many as you have. || C: I'll bring them over tonight.
A: There'll be {reward} afterwards. | And you'll get {reward}, of course.
   || B: Then I can't say no. | Great, I'll be there. | You can count on me.
= {A} is moving to a flat near {place}, and {name} will help with {heavy} on {day} at {time}.
= {A} asks {name} to help with {heavy} on {day} at {time}, because {A} is moving.
= {name} will help {A} with {heavy} on {day} at {time}. {A} is moving to a flat near {place}.
= {A} is moving on {day} and asks {name} for help with {heavy}. They start at {time}.

## birthday party
@ friends
- thing: a salad | a cake | some drinks | some music | some candles | some games | cheese and bread
   | a guitar | some balloons | ice cream
- time: four o'clock | half past four | six o'clock | half past six | seven o'clock | half past seven
   | eight o'clock
A: It's {name}'s birthday soon. We should have a party. | Let's have a party for {name}.
   || B: Good idea! When? | I'd love that. On which day? || A: On {day}. | How about {day}?
~ day B: {day.old} is bad, {name} works late. Let's do it on {day}.
   | Not {day.old}, please. I'm only free on {day}.
   || A: All right, {day}. | {day} is fine with me.
< B: Where is it? And do you need anything?
   || A: In my flat near {place}. Could you bring {thing}?
   | At my sister's house near {place}. Please bring {thing}.
* B: And where? | Where shall we have it? || A: In my flat near {place}. | At my sister's house near {place}.
* A: Could you bring {thing}? | Would you bring {thing}, please? || B: I can do that. | Sure, no problem.
~ thing A: Wait, my cousin is bringing {thing.old}. Could you bring {thing} instead?
   || B: All right, {thing}. | Then I'll bring {thing}.
+ B: How many people are coming? || A: About {number}. | {number}, I think.
+ C: What are you two talking about? || A: Nothing, it's a secret. || C: Fine, then I won't ask.
+ D: I heard every word. May I come? || A: If you can keep a secret. || D: I promise!
B: Does {name} know about it? | Have you told {name}?
   || A: No, it's a surprise. | Not a word. It's a surprise party.
B: At what time shall I be there? | When does it start? || A: At {time}. | We start at {time}.
   || B: I'm looking forward to it. | See you there.
= {A} and {B} plan a surprise party for {name} on {day} at {time}. {B} will bring {thing}.
= {A} is having a surprise party for {name} near {place} on {day}, and {B} will bring {thing}.
= {B} will bring {thing} to the surprise party for {name}, which starts on {day} at {time}.
= On {day} at {time} there is a surprise party for {name} near {place}. {A} asks {B} to bring {thing}.

## cooking dinner
@ friends
- dish: fish soup | potato pie | fried rice | vegetable curry | mushroom pasta | lemon chicken | pancakes
   | onion tart | bean stew | pepper steak
- missing: onions | eggs | butter | tomatoes | flour | garlic | milk | salt | olive oil | carrots
- time: six o'clock | half past six | seven o'clock | half past seven | eight o'clock
A: What shall we eat tonight? | I'm starving. What's for dinner? | Have you thought about dinner?
   || B: How about {dish}? | I could make {dish}.
~ dish A: We had {dish.old} yesterday. What about {dish}?
   | Not {dish.old} again, please. Couldn't you make {dish}?
   || B: Fine, {dish} it is. | All right, I'll make {dish}.
< B: {name} is coming at {time}, but we don't have any {missing} left.
   || A: Then I'll buy some {missing}. | No problem, I'll get some {missing}.
* B: We don't have any {missing} left. | I only need some {missing}.
   || A: I can buy {missing} on my way. | No problem, I'll get some {missing}.
* A: Is {name} eating with us? | Have you invited {name}?
   || B: Yes, {name} is coming at {time}. | {name} will be here at {time}.
~ missing B: Oh, I've just found some {missing.old}. But now I can't see any {missing}.
   || A: Then I'll buy {missing}. | So {missing} instead of {missing.old}.
+ A: Shall I lay the table? || B: That would be nice. | Later. It's full of books.
+ C: Can I help? || B: You can do the dishes later. || C: I knew it.
+ A: Is it difficult to make?
   || B: My grandmother taught me. | Not with a sharp knife. | I simply follow the recipe.
+ D: I don't eat meat any more. || B: Since when? || D: Since this morning.
A: I'll go to the shop near {place}. | I'm off to the shop near {place}.
   || B: Thanks. Don't forget your money. | Please be quick. | Good, I'll start with the rest.
= {B} will make {dish} for dinner. {A} will buy {missing}, and {name} is coming at {time}.
= {A} will buy {missing} because {B} is making {dish} for dinner. {name} is coming at {time}.
= {name} is coming to dinner at {time}. {B} will make {dish}, and {A} will buy {missing} near {place}.
= {B} wants to make {dish} for dinner, so {A} will buy {missing} near {place}.

## noisy neighbour
@ friends
- noise: loud music | the barking dog | the drum lessons | the building work | the late parties
   | the crying parrot | the washing machine | the loud television | the singing
- time: four o'clock | half past four | five o'clock | half past five | six o'clock | half past six
- hours: after ten in the evening | at weekends | early in the morning | during the night | after midnight
   | on holidays
B: Good evening, I live downstairs. | Hello, I'm your neighbour from the first floor.
   || A: Oh, hello. Is anything wrong? | Good evening. Come in, what is it?
B: It's about {noise}. | I can't sleep because of {noise}.
   || A: I'm so sorry, I didn't know. | Oh dear, is it that bad?
* B: It's worst {hours}. | I mostly hear it {hours}. || A: I understand. | I see. I'll keep that in mind.
* B: I have to get up at {time}, you know. | My work begins at {time}.
   || A: That's early. | Then you need your sleep.
~ noise B: No, {noise.old} is upstairs, that's not your fault. For you it's {noise}.
   || A: Ah, you mean {noise}. | So it's {noise}.
+ A: Do the others hear it, too? || B: {name} does. | I can only speak for myself.
+ C: What's going on? || A: I'm just talking to our neighbour. || C: Oh, good evening!
+ A: I could buy a thick carpet. | Shall I give you some earplugs? || B: That might help. | Please do.
A: I promise that it'll be quiet from {day} on. | I'll stop it. From {day} on it'll be quiet, I promise.
   || B: Thank you for understanding. | That's very kind of you.
~ day A: No, wait, I have visitors until then. From {day} on, not {day.old}.
   || B: {day} is all right. | Fine, I can wait until {day}.
+ A: Would you like some coffee? | Can I offer you a cup of tea?
   || B: That's nice, but I have to go. | Another time, thanks.
= {B} complains about {noise} {hours}. {A} is sorry and promises that it will be quiet from {day} on.
= {B} complains to {A} about {noise}, and {A} promises that it will be quiet from {day} on.
= {A} promises {B}, who complains about {noise} {hours}, that it will be quiet from {day} on.
= {B} cannot sleep because of {noise}. {A} is sorry and promises that it will be quiet from {day} on.

## looking after a garden
@ friends
- trip: the seaside | the mountains | my parents | a wedding | a conference | my daughter | the hot springs
   | the island
- plant: the roses | the tomatoes | the lemon tree | the lettuce | the herbs | the strawberries
   | the young trees | the sunflowers | the beans
- gift: a jar of honey | a bottle of wine | a postcard | some chocolate | a local cheese | a box of tea
A: {name}, you're home! | Good morning, {name}. Can I talk to you over the fence?
   || B: Hello, neighbour. What is it? | Morning! How can I help?
A: I'm going to {trip} on {day}. Could you water {plant}?
   | I'm leaving for {trip} on {day}. Would you water {plant}?
   || B: I'd be happy to. | Of course, I like your garden.
* B: How often do they need water? | How much water do they need?
   || A: {number} litres every evening. | Once a day is enough.
* B: Where do I find the key? | How do I get in?
   || A: You'll find the key under the blue pot. | {name2} next door has the key.
~ day A: I've just seen my ticket. It's {day}, not {day.old}.
   | No, I said {day.old}, but I'm leaving on {day}.
   || B: {day}, I'll remember. | All right, from {day} on.
~ plant A: The rain will take care of {plant.old}. Only {plant} must not dry out.
   || B: So just {plant}. | Good, I'll only water {plant}.
+ B: May I pick some flowers? | And if there are snails?
   || A: Do whatever you think is best. | Feel free to decide.
+ C: And who will feed the cat? || A: The cat is coming with us. || C: Poor cat.
A: I'll be back on {day2}. | You only have to do it until {day2}.
   || B: Don't worry about anything. | Have a good time.
A: I'll bring you {gift}. | You'll get {gift} from me. || B: You don't have to. | Oh, how nice!
= {name} will water {plant} for {A} from {day} until {day2}. {A} will bring {name} {gift}.
= {A} is leaving on {day} and asks {name} to water {plant} until {day2}.
= {A} asks {name} to water {plant} from {day} until {day2} and will bring {name} {gift}.
= {A} is leaving on {day}, so {name} will water {plant} until {day2}.
"""
