"""English situations: in shops, at counters and on the telephone."""

ERRANDS = """\
## booking a table
@ phone
- restaurant: the Blue Anchor | the Golden Lion | Casa Verde | the Green Door | Milano | the River House
   | the Old Mill | the Red Lantern | Little Athens | the Silver Spoon
- time: six o'clock | half past six | seven o'clock | half past seven | eight o'clock | half past eight
- wish: by the window | in the garden | near the fireplace | in a quiet corner | on the terrace
A: {restaurant}, good evening. How can I help you?
   | Good evening, this is {restaurant}. What can I do for you?
   || B: Hello, I'd like to book a table. | Hi, I'm calling to reserve a table.
   | Good evening. I'd like to come for dinner.
< A: Certainly. When, and for how many people? | Of course. For how many, and when?
   || B: For {number} people, on {day} at {time}.
   | There are {number} of us, and we'd like to come on {day} at {time}.
* A: For how many people? | How many of you will there be?
   || B: There are {number} of us. | For {number} people, please. | It's for {number}, two of them children.
* A: On which day? | And what day would that be?
   || B: On {day}, please. | This {day}, if you still have a table.
* A: At what time? | What time would suit you? || B: At {time}. | Around {time} would be fine.
~ day B: Wait, {day.old} doesn't work for us. Can we make it {day}?
   | Oh no, I mixed up the days. I mean {day}.
   || A: Of course, {day} then. | No problem. I've changed it to {day}.
~ number B: Sorry, I forgot the neighbours. We need a table for {number}, not for {number.old}.
   || A: So {number} people. That's still possible. | All right, {number} instead of {number.old}.
+ B: Could we sit {wish}? | Is there anything free {wish}?
   || A: I'll see what I can do. | I'm afraid not, sorry.
+ B: Do you have dishes without meat? | One of us can't eat nuts.
   || A: I'll tell the cook. | The cook will know what to do. | There's a separate menu for that.
A: Under what name, please? | May I have your name? || B: {name}, please. | My name is {name}.
   || A: Thank you, {name}. See you on {day}. | All done, {name}. We look forward to your visit.
= {name} calls {restaurant} and books a table for {number} people on {day} at {time}.
= {A} takes a call from {name}, who books a table for {number} people on {day} at {time}.
= {name} books a table for {number} people at {restaurant}. They will come on {day} at {time}.
= {name} wants to eat at {restaurant} and books a table on {day} at {time} for {number} people.

## ordering at a café
@ strangers
- drink: a black coffee | a cup of tea | a hot chocolate | an iced tea | a large coffee | a glass of milk
   | an orange juice | a mint tea | a milky coffee | a lemonade
- snack: a piece of apple pie | a cheese sandwich | a chocolate muffin | a bowl of soup | a ham roll
   | a slice of cake | an egg sandwich | a warm waffle | a tomato salad | a croissant
- price: four euros | five euros | six euros | seven euros | eight euros | nine euros
- spot: by the window | in the corner | outside | upstairs | next to the bar
A: Good morning. What would you like? | Hi there. What can I get you? | Hello. Are you ready to order?
   || B: Hello. I'd like {drink}, please. | Good morning. Could I have {drink}? | {drink} for me, please.
~ drink B: On second thoughts, I'd rather have {drink}. | Actually, could you make that {drink} instead?
   || A: {drink}, no problem. | Of course, {drink}.
A: Would you like anything to eat? | Anything else? Something to eat, perhaps?
   || B: Yes, {snack}, please. | I'll take {snack}. | Hm, I think I'll have {snack}.
~ snack A: I'm sorry, there isn't any left. | I'm afraid we've run out of that.
   || B: What a pity. Then {snack}, please. | Then I'll have {snack} instead.
+ A: With sugar? | Do you need sugar? || B: No, thank you. | Just a little, please.
+ B: Do you have a newspaper? | Is there any internet here?
   || A: Yes, help yourself over there. | Not today, I'm afraid.
+ C: Excuse me, are you in the queue? || B: Yes, but I'm nearly done. || C: Take your time.
< A: That's {price} altogether. Are you staying? || B: Yes, I'll sit {spot}. | Yes, I'll find a place {spot}.
* A: For here or to take away? | Are you staying or taking it with you?
   || B: For here. I'll sit {spot}. | I'm staying. I'll find a place {spot}.
* B: How much is that? | What do I owe you? || A: {price}, please. | That's {price} altogether.
+ A: Here you are. Enjoy it. | I'll bring it to your table. || B: Thank you. | Great, thanks.
= {B} orders {drink} and {snack} at a café. {A} asks for {price}, and {B} sits {spot}.
= {A} serves {B} {drink} and {snack} for {price} at a café.
= At a café, {B} orders {drink} and {snack} for {price} and sits {spot}.
= {B} orders {drink} and {snack} at a café and pays {A} {price}.

## returning a purchase
@ strangers
- thing: a kettle | a lamp | a radio | a toaster | a jacket | a raincoat | an alarm clock | a blender
   | a suitcase | an umbrella | a keyboard | a tent
- fault: it doesn't work | it's too small | it makes a strange noise | it has a scratch
   | it's the wrong colour | a part is missing | it's too heavy | it smells bad
B: Hello, I'd like to return something. | Good morning. I want to bring something back.
   | Excuse me, I'm not satisfied with something I bought.
   || A: Of course. What is it? | All right, what have you got there?
   || B: It's {thing} that I bought here. | I bought {thing} here.
< A: When did you buy it, and what's wrong with it?
   || B: On {day}, and {fault}. | Last {day}. I'm afraid {fault}.
* A: When did you buy it? | Do you remember the day?
   || B: Last {day}. | I think it was on {day}. | On {day}, I believe.
* A: What's wrong with it? | And what's the problem?
   || B: Well, {fault}. | As you can see, {fault}. | I'm afraid {fault}.
~ day B: Let me think. No, I bought it on {day}, not on {day.old}.
   || A: {day}, I see. | Thank you, I've written down {day}.
~ fault A: You said that {fault.old}. It looks fine to me.
   || B: I'm sorry, that was another shop. Here, {fault}. || A: Now I see it. | That's true.
+ A: Have you got the receipt? | Do you still have the box?
   || B: Yes, here it is. | I'm afraid I threw it away.
+ B: Has anyone else complained? || A: No, you're the first. | It happens now and then.
A: Would you like another one or your money back? | Shall I give you a new one?
   || B: I'd rather have my money back. | No, just the money, please.
   || A: That's {price}, then. | Here you are, {price}.
+ B: Thank you very much. | That was easy, thanks. || A: You're welcome. | Have a nice day.
= {B} returns {thing} bought on {day} because {fault}, and {A} gives back {price}.
= {B} brings back {thing} because {fault}. {A} gives {B} {price} back.
= {A} gives {B} {price} back for {thing} because {fault}. {B} bought it on {day}.
= {B} bought {thing} on {day} and returns it because {fault}. {A} gives back {price}.

## choosing a gift
@ strangers
- gift: a book about birds | a silver ring | a warm scarf | a board game | a box of paints | a coffee cup
   | a puzzle | a small plant | a photo album | a leather belt | a music box | a set of pens
- person: mother | father | sister | brother | aunt | uncle | grandmother | grandfather | cousin | neighbour
A: Can I help you find something? | Good afternoon. Are you looking for anything special?
   || B: Yes, I need a gift for my {person}. | I'm looking for a gift for my {person}.
* A: What does your {person} like? | Do you have anything in mind?
   || B: Something useful, I think. | I have no idea at all. | Nothing too serious, please.
* A: How much would you like to spend? | And how much may it cost?
   || B: Not more than {price}. | About {price}.
~ price B: Well, it may be up to {price} if it's nice. | Hm, I could spend {price} after all.
   || A: {price} makes it easier. | Good, then let's look at things for {price}.
~ person B: Excuse me, I said my {person.old}, but it's for my {person}.
   | No, wait, my {person.old} was last month. It's my {person} this time.
   || A: For your {person}, then. | That happens. So for your {person}.
A: How about {gift}? | We have {gift} that everybody likes. | Take a look at this: {gift}.
   || B: That's a lovely idea. | Oh, that would be perfect. | I like that. I'll take it.
+ B: Can my {person} bring it back? | And if my {person} doesn't like it?
   || A: We'll change it, no problem. | Just come back with the receipt.
+ A: It also comes in blue. || B: I prefer this one. | Blue is nice, but not for this.
B: When's the last day to pick it up? | Can I collect it later?
   || A: We'll keep it for you until {day}. | Yes, until {day} if you like.
+ A: Shall I wrap it? | Would you like some nice paper around it? || B: Yes, please. | No, I'll do it myself.
= {B} needs a gift for {B}'s {person} for about {price}. {A} suggests {gift} and keeps it until {day}.
= {A} helps {B} choose {gift} for {B}'s {person} for about {price} and keeps it until {day}.
= {B} wants to spend about {price} on a gift for {B}'s {person}. {A} suggests {gift}.
= {B} is looking for a gift for {B}'s {person}, and {A} suggests {gift}. {A} keeps it until {day}.

## bicycle repair
@ strangers
- part: the brakes | the chain | the front wheel | the lights | the gears | the back tyre | the saddle
   | the pedals | the bell | the handlebars
- cause: an accident | the rain | a hole in the road | the cold | a long trip | a fall | a piece of glass
A: Hello. What's wrong with your bike? | Good morning. What can I do for your bike?
   | Oh dear, that bike looks sad. What's up?
   || B: There's a problem with {part}. | Something is wrong with {part}.
< A: How did that happen, and when do you need it back?
   || B: It was because of {cause}. I need it on {day}. | Because of {cause}. By {day}, if you can.
* A: How did that happen? | Do you know why?
   || B: I think it was because of {cause}. | It happened because of {cause}.
* A: When do you need it back? | When would you like to collect it?
   || B: I need it on {day}. | By {day}, if you can.
~ part B: No, sorry, I don't mean {part.old}. It's {part}.
   | Wait, {part.old} may be old, but the real problem is {part}.
   || A: I see, {part}. | Ah, so it's {part}.
~ day B: Could it be ready on {day} instead of {day.old}?
   | Actually, I don't need it on {day.old}. {day} is early enough.
   || A: {day} is fine. | Yes, {day} works for me.
+ B: Is it worth repairing? | Is my bike too old for that?
   || A: I've seen older ones. | It has some good years left. | Oh yes, with a little oil it'll run like new.
+ B: Could you clean it as well? || A: If I have the time. | That's included.
+ C: Sorry, do you sell helmets? || A: Yes, at the back, on the left. || C: Thanks.
A: It'll cost about {price}. | The repair will be {price}, more or less.
   || B: That's all right. | Less than I thought. | Hm, well, I need my bike.
A: Then it'll be ready on {day}. | You can collect it on {day}.
   || B: Great, see you then. | Thank you very much.
= {B} brings a bike to {A} because of a problem with {part}. The repair will cost {price} and be ready on
   {day}.
= {A} will repair {part} of {B}'s bike for {price}. It will be ready on {day}.
= There is a problem with {part} of {B}'s bike. {A} will repair it for {price}, and it will be ready on {day}.
= {B}'s bike has a problem with {part}, caused by {cause}. The repair will cost {price} and be ready on {day}.

## getting a haircut
@ strangers
- style: a short cut | a new colour | a wash and a cut | long curls | a shorter fringe | a trim
   | a modern cut | blond streaks | a cut like last time
- event: a wedding | a job interview | a family photo | a school reunion | a graduation | a dance
   | a birthday party
A: Hello, please take a seat. | Good morning. Here's your chair.
   || B: Thank you. Are you {name}? | Thanks. My sister told me to ask for {name}.
   || A: I'm {name}, that's right. What would you like? | That's me. What shall we do with your hair?
B: I'd like {style}, please. | I was thinking of {style}.
   || A: Good choice. | That'll suit you. | With pleasure.
~ style B: No, wait. Perhaps {style.old} is wrong for me. I'd like {style}.
   | I've changed my mind. Please give me {style}.
   || A: {style}, then. | You're right, {style} is better for you.
< B: It's for {event} on {day}. How much will it be? | I'm going to {event} on {day}. What does that cost?
   || A: {price}. | That's {price}. You'll look great.
* A: Is it for a special day? | Are you getting ready for something?
   || B: Yes, I'm going to {event} on {day}. | There's {event} on {day}.
* B: How much will that be? | What do you charge for that? || A: {price}. | That's {price}.
+ A: Is the water too hot? || B: No, it's just right. | A little cooler, please.
+ A: How do you like it at the back? | Is that short enough? || B: A little shorter, please. | Just like that.
+ B: How often should I come? | What can I do about dandruff?
   || A: Come every {number} weeks or so. | Let me recommend a shampoo.
+ A: There you are. What do you think? | All done. Here's the mirror.
   || B: I love it. Thank you, {name}. | Perfect! My family won't believe it.
= {name} gives {B} {style} for {price}, because {B} is going to {event} on {day}.
= {B} asks {name} for {style} and pays {price}. {B} is going to {event} on {day}.
= {B} is going to {event} on {day}, and {name} gives {B} {style} for {price}.
= {B} wants {style} for {event} on {day}. {name} asks for {price}.

## library fine
@ strangers
- book: a cookbook | a travel guide | a crime novel | a book about stars | a dictionary | a history book
   | a poetry book | a garden guide | an atlas | a detective story
- excuse: was ill | was abroad | left it at work | lent it to a friend | couldn't find it | forgot the date
   | was very busy
- price: two euros | three euros | four euros | five euros | six euros | seven euros
B: I'd like to return {book}. | Hello, I'm bringing back {book}.
   | Good morning. Here's {book} that I borrowed.
   || A: Thank you. Oh, it's {number} days late. | Let me see. It's {number} days late, I'm afraid.
   || B: I'm sorry, I {excuse}. | I know. I {excuse}.
~ number A: Let me count again. It's {number} days, not {number.old}.
   | Sorry, I read the wrong line. You're {number} days late.
   || B: {number}, I see. | Oh, all right. | That's what I thought.
A: You have to pay {price}. | That's a fine of {price}.
   || B: That's fair. | So much? All right. | Here you are.
~ price A: No, wait. For this one it's {price}, not {price.old}.
   || B: {price}? Here you are. | All right, {price}.
A: Anything else? | Can I do anything else for you?
   || B: Could I borrow it again? | I haven't finished it. May I keep it a little longer?
   || A: Yes, you can keep it until {day}. | Of course. Bring it back by {day}.
+ A: How do you like it? || B: I can hardly put it down. | The first half is the best.
+ B: Do you have another one like this? || A: Look on the shelf over there. | Not at the moment.
+ C: Could you two speak more quietly, please? || A: I'm sorry. | Of course. Excuse us.
+ B: Thank you for your patience. | I'll be on time, I promise. || A: Enjoy the book. | See you next time.
= {B} returns {book} {number} days late because {B} {excuse}. {B} pays {price} and can keep it until {day}.
= {B} pays a fine of {price} because {book} is {number} days late, and can keep it until {day}.
= {A} asks {B} to pay {price} because {book} is {number} days late. {B} can keep it until {day}.
= {B} returns {book} {number} days late and pays a fine of {price}, because {B} {excuse}.

## changing a phone contract
@ phone
- plan: the small plan | the family plan | the student plan | the travel plan | the senior plan
   | the weekend plan | the basic plan
- problem: the bill is too high | the internet is slow | there's no signal at home | the calls break off
   | the phone is too old | the messages arrive late
A: Customer service, this is {name}. How can I help?
   | Hello, you're speaking to {name}. What can I do for you?
   || B: Hello. I'm not happy with my contract. | Hi, it's about my phone contract.
   || A: I'm sorry to hear that. What's the problem? | Oh, what's wrong?
   || B: Well, {problem}. | The thing is that {problem}.
* A: When did you notice that? | When did it begin?
   || B: {number2} weeks ago, more or less. | I noticed it about {number2} weeks ago.
* A: How long have you been with us? | How long have you been our customer?
   || B: For {number} years now. | {number} years already.
A: I can offer you {plan}. | Then {plan} would be better for you.
   || B: What does it cost? | How much would that be? || A: Only {price} a month. | It's {price} a month.
~ plan A: Excuse me, we no longer sell {plan.old}. I should have said {plan}. The price is the same.
   || B: All right, {plan}. | As long as the price is the same, yes.
~ price A: Wait, I'm looking at last year's list. It's {price} a month now, not {price.old}.
   || B: {price} is fine, too. | Well, I can still pay {price}.
+ B: Can I keep my number? | And my number?
   || A: Yes, your number stays the same. | Of course you keep your number.
+ B: Do I need a new phone? || A: No, the old one will do. | Not unless the battery is dead.
B: Good, I'll take it. | That sounds fine. Let's do that.
   || A: It starts on {day}. | You'll have it from {day} on.
= {B} calls {name} because {problem}. {name} offers {plan} for {price} a month, and it starts on {day}.
= {B} calls because {problem}, and takes {plan} for {price} a month from {day} on.
= {name} offers {B} {plan} for {price} a month because {problem}. It starts on {day}.
= {B} is not happy because {problem}. {name} offers {plan} for {price} a month, and {B} takes it.
"""
